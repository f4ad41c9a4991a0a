#include "eckart/mpi/world.hpp"

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "eckart/error.hpp"

namespace eckart::mpi {

bool launched() {
  // Open MPI, MPICH and its kin, Slurm's srun with either.
  const char* const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "MPI_LOCALNRANKS"};
  return std::any_of(std::begin(names), std::end(names),
                     [](const char* name) { return std::getenv(name) != nullptr; });
}

class World::Ranks final : public Communicator {
 public:
  Ranks() {
    int given = 0;
    // Only the thread that calls a driver exchanges.
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS ||
        given < MPI_THREAD_FUNNELED) {
      throw Error("MPI does not start with threads beside it (MPI_THREAD_FUNNELED)");
    }
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  }
  ~Ranks() override { MPI_Finalize(); }

  int size() const override { return size_; }
  int rank() const override { return rank_; }

  // In pieces whose bytes a 32-bit count holds.
  void exchange(int to,
                std::span<const std::byte> sent,
                int from,
                std::span<std::byte> received) const override {
    const auto start = std::chrono::steady_clock::now();
    traffic_.messages += !sent.empty();
    traffic_.bytes += sent.size();
    constexpr std::size_t most = std::size_t{1} << 30;
    while (!sent.empty() || !received.empty()) {
      const std::size_t out = std::min(most, sent.size());
      const std::size_t in = std::min(most, received.size());
      MPI_Sendrecv(sent.data(), static_cast<int>(out), MPI_BYTE, out > 0 ? to : MPI_PROC_NULL, 0,
                   received.data(), static_cast<int>(in), MPI_BYTE, in > 0 ? from : MPI_PROC_NULL,
                   0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      sent = sent.subspan(out);
      received = received.subspan(in);
    }
    traffic_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  const Traffic& traffic() const { return traffic_; }

 private:
  int size_ = 1;
  int rank_ = 0;
  mutable Traffic traffic_;
};

World::World() : ranks_(std::make_unique<Ranks>()) {}
World::~World() = default;

const Communicator& World::ranks() const { return *ranks_; }

Traffic World::traffic() const { return ranks_->traffic(); }

void World::abort(int code) const {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace eckart::mpi
