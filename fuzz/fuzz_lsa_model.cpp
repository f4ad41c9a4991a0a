#include <cstdlib>
#include <cstring>
#include <string>

#include "eckart/apps/lsa.hpp"
#include "fuzz/check_matrix.hpp"
#include "io/lsa_format.hpp"

namespace {

// Makes the sizes and checksums of the header and the table right, so that what lies behind them
// is reached.
void seal(std::string& bytes) {
  using namespace eckart::io;
  LsaHeader header;
  LsaSection section;
  if (bytes.size() < sizeof header + lsa_parts * sizeof section) return;
  for (std::size_t part = 0; part < lsa_parts; ++part) {
    char* place = bytes.data() + sizeof header + part * sizeof section;
    std::memcpy(&section, place, sizeof section);
    if (section.offset > bytes.size() || section.bytes > bytes.size() - section.offset) continue;
    section.checksum = lsa_checksum(std::string_view(bytes).substr(section.offset, section.bytes));
    std::memcpy(place, &section, sizeof section);
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  header.bytes = bytes.size();
  header.checksum =
      lsa_checksum(std::string_view(bytes).substr(sizeof header, lsa_parts * sizeof section));
  std::memcpy(bytes.data(), &header, sizeof header);
}

}  // namespace

// A model that is accepted must bear every question.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.reserve(64);  // on the heap, where it is aligned
  seal(bytes);
  io::Input input;
  input.name = "fuzz";
  input.bytes = bytes;
  Context context(1);
  try {
    const LsaModel model = io::parse_lsa(input);
    for (index_t i = 0; i < model.term_count(); ++i) {
      if (find_sorted(model.terms, model.terms[i]) != i) std::abort();
    }
    for (index_t j = 0; j < model.document_count(); ++j) {
      [[maybe_unused]] volatile auto used = model.names[j].size() + model.leads[j].size();
    }
    SparseMatrix<double> query{1, model.term_count(), {0, 1}, {model.term_count() - 1}, {1}};
    const Matrix<double> place = fold_queries(model, query);
    (void)nearest_documents(model, place, 3, context);
    (void)nearest_terms(model, term_coordinates(model, 0), 3, context);
    (void)nearest_documents(model, document_coordinates(model, 0), 3, context);
    (void)matching_documents(model, query, 3, context);
  } catch (const IoError&) {
  }
  return 0;
}
