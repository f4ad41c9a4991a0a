// eckart/models/embedding.hpp - word vectors of fewer dimensions.
#pragma once

#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

struct EmbeddingOptions {
  index_t rank = 0;  // dimensions that remain
  // Leading principal components that are removed before: the mean direction and the few that all
  // words share (Mu, Viswanath, "All-but-the-top", ICLR 2018).
  index_t remove_top = 0;
  index_t sample = 1000;  // tokens whose neighbours are compared; 0: none
  index_t neighbours = 10;
};

// What the reduction keeps.
struct EmbeddingReport {
  index_t tokens = 0;
  index_t dimensions = 0;
  index_t rank = 0;
  std::vector<double> sigma;    // of the vectors, all of them, after the removal
  double energy = 0;            // share that the kept dimensions hold
  double neighbours_kept = -1;  // of the nearest by cosine, how many stay; -1: not measured
  index_t sampled = 0;
};

// Reads a file of word vectors, reduces it to rank dimensions and writes it in the same format:
//   .vec, .txt   word2vec's text, with or without a first line "TOKENS DIMENSIONS"; a token may
//                hold blanks and bytes that are not UTF-8: the last D fields of a line are numbers
//   .bin         word2vec's binary
//   .npy         a matrix, one token in each row
// The file is read twice, row by row; in memory are D x D numbers and the sample. Vectors are not
// centred unless components are removed.
// Throws IoError naming the line or byte; InvalidArgument if rank exceeds the dimensions.
EmbeddingReport reduce_embedding(const std::string& input,
                                 const std::string& output,
                                 const EmbeddingOptions& options,
                                 Context& context = default_context());

}  // namespace eckart
