// eckart/io/ratings.hpp - ratings from a text file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eckart/ratings.hpp"

namespace eckart::io {

struct RatingsOptions {
  // Names of columns in the header, or their numbers from 1. Empty: found by the usual names (user,
  // userId, uid; item, movieId, book_id; rating, stars, weight; timestamp, time), or, without a
  // header, user item [rating [time]].
  std::string user = {}, item = {}, rating = {}, time = {};

  // What an empty or NA rating means.
  // error: IoError naming the line. skip: the line is left out, and counted.
  enum class Missing { error, skip } missing = Missing::error;

  // Which rating of a pair that occurs several times counts: the last (the latest, if there are
  // times), the first, their mean, or none: IoError. all keeps every one of them.
  enum class Duplicates { last, first, mean, error, all } duplicates = Duplicates::last;

  // Refuse (MemoryLimit) to read more than this into memory; 0: no limit.
  std::uint64_t max_bytes = 0;
};

// What a file held beside what was kept.
struct RatingsReport {
  std::string format;  // "tab", "::", "comma", ... and what the columns are called
  index_t lines = 0;   // of ratings
  index_t duplicates = 0;
  index_t first_duplicate_line = 0;  // from 1; 0: none
  index_t missing = 0;
  index_t first_missing_line = 0;
};

// Returns the ratings in the file at path ("-" is standard input; .gz is inflated), one to a line.
//
// Fields are separated by ::, tabs, semicolons, commas or blanks, whichever the first line has, in
// this order; in the last four a field may be in double quotes. Without a rating column every
// rating is 1. A first line whose rating is no number is a header. Blank lines and lines that start
// with # or % are skipped. Users and items are numbered in the order of their first appearance and
// keep their names as they stand. Times are whole numbers.
//
// Cost: one pass over the text; 24 bytes for each rating.
// Throws IoError naming file and line: a number of fields that changes, an empty name, a rating or
// time that is no number, not finite or beyond the largest, a header without the columns.
// MemoryLimit.
Ratings read_ratings(const std::string& path,
                     const RatingsOptions& options = {},
                     RatingsReport* report = nullptr);

// A second column of names for items: titles for ids.
// Returns the text of the second column of every line whose first column is one of names, in their
// order; empty where there is none. Format as of ratings; one header line is allowed.
std::vector<std::string> read_titles(const std::string& path, const Names& names);

}  // namespace eckart::io
