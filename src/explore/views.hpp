// What each view of the page asks of the library. Every function answers one question by public
// methods, and throws what they throw.
#pragma once

#include "eckart/context.hpp"
#include "explore/http.hpp"
#include "explore/pictures.hpp"
#include "explore/question.hpp"
#include "explore/shelf.hpp"

namespace eckart::explore {

// {"matrix": 2 x 2} to U, sigma, V and the certificate.
Response answer_two(const Question& question, Context& context);

// {"matrix": text as in [[3,2],[2,3]]} to the derivation by hand.
Response answer_explain(const Question& question, Context& context);

// {"data"} to the spectrum, energies and the report with its certificate: all triplets of a matrix
// of moderate size, the leading ones of a large one.
Response answer_spectrum(const Question& question, const Shelf& shelf, Context& context);

// {"data", "rows", "cols"} to a picture of the matrix in at most so many cells: per cell the entry
// of largest modulus, as little-endian float32 by rows; X-Rows and X-Cols say how many.
Response answer_heat(const Question& question, const Shelf& shelf);

// {"data", "rank"} to an .npz archive of U, s, Vt.
Response answer_factors(const Question& question, const Shelf& shelf, Context& context);

// {"data", "components", "center", "scale", optional "points"} to scores, components, variances,
// and the scores of the points.
Response answer_pca(const Question& question, const Shelf& shelf, Context& context);

// {"name"} to the number of a picture that the explorer brings along, and the list of data sets.
Response answer_sample(const Question& question, Shelf& shelf);

// {"data", "side"} to the picture, at most so many pixels wide and high: bytes of 8 bits by rows,
// the channels of a pixel beside each other; the header X-Facts says width, height, channels.
Response answer_image_original(const Question& question, const Shelf& shelf);

// Of the next four, "channels" true stands for red, green and blue, else brightness and two
// differences.

// {"data", "channels", "rank", "exact", "side"} to the picture of that rank likewise, from the
// sketch or from its singular triplets. X-Facts also says ranks, energy, psnr, and whether this is
// exact.
Response answer_image_rank(const Question& question,
                           const Shelf& shelf,
                           Pictures& pictures,
                           Context& context);

// {"data", "channels", "patterns", "side"} to the singular values of each plane, and for so many
// leading triplets of the first one sigma, u and v, both reduced to so many numbers.
Response answer_image_spectrum(const Question& question,
                               const Shelf& shelf,
                               Pictures& pictures,
                               Context& context);

// {"data", "channels", "rank"} to what `eckart image inspect` says of that rank.
Response answer_image_quality(const Question& question,
                              const Shelf& shelf,
                              Pictures& pictures,
                              Context& context);

// {"data", "channels", "rank"} to the picture of that rank as an .eck file.
Response answer_image_packed(const Question& question,
                             const Shelf& shelf,
                             Pictures& pictures,
                             Context& context);

// {"data"} to the tensors of a model and the matrices that they stand for.
Response answer_model_layers(const Question& question, const Shelf& shelf);

// {"data", "tensor", "matrix"} to what `eckart model spectrum` says of one of them, by numbers from
// 0 in that list, and its singular values.
Response answer_model_spectrum(const Question& question, const Shelf& shelf, Context& context);

// {"data", "query" | "document", "count"} to the nearest documents; {"data", "count"} to topics.
Response answer_text_query(const Question& question, const Shelf& shelf, Context& context);
Response answer_text_similar(const Question& question, const Shelf& shelf, Context& context);
Response answer_text_topics(const Question& question, const Shelf& shelf);

// {"data", "user", "count"} to what the user rated and the items of largest score, each with its
// reasons; {"data", "item", "count"} to similar items; {"data", "prefix", "count"} to names.
Response answer_ratings_top(const Question& question, const Shelf& shelf, Context& context);
Response answer_ratings_similar(const Question& question, const Shelf& shelf);
Response answer_ratings_names(const Question& question, const Shelf& shelf);

}  // namespace eckart::explore
