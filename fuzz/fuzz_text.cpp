#include <cstdlib>

#include "eckart/text/term_counts.hpp"
#include "fuzz/check_matrix.hpp"
#include "io/text_readers.hpp"

namespace eckart::fuzz {
namespace {

// Every document as the readers hand it out, checked on the way.
class Checked : public DocumentSource {
 public:
  Checked(io::TextReader& reader, io::TextEncoding encoding)
      : reader_(reader), decoder_(encoding) {}
  bool next(Document& document) override {
    if (!reader_.next(document, decoder_)) return false;
    for (const std::string& text : {document.text, document.name}) {
      if (!io::is_utf8(text) || text.find('\0') != std::string::npos) std::abort();
    }
    decoder_.end_document(document.name);
    return true;
  }
  const TextRepairs& repairs() const override { return decoder_.repairs(); }

 private:
  io::TextReader& reader_;
  io::TextDecoder decoder_;
};

}  // namespace
}  // namespace eckart::fuzz

// The first two bytes choose format, encoding and rules, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eckart;
  if (size < 2) return 0;
  io::TextOptions options;
  options.format = static_cast<io::TextFormat>(data[0] % 8);
  options.encoding = static_cast<io::TextEncoding>(data[0] / 8 % 3);
  options.header = (data[0] & 128) == 0;
  if ((data[1] & 1) != 0) options.column = "2";
  TextRules rules;
  rules.tokens = static_cast<TokenRule>(data[1] / 2 % 3);
  rules.ngrams = 1 + data[1] / 8 % 3;
  if ((data[1] & 128) != 0) rules.stemmer = "german";
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  Context context(1);
  try {
    const auto reader =
        io::make_text_reader(io::TextStream::over("fuzz", bytes, 1 << 20), options, "");
    fuzz::Checked source(*reader, options.encoding);
    const TermCounts counts = count_terms(source, rules, {.min_documents = 1}, context);
    validate(counts.counts);
    const StringsView terms = counts.terms.view();
    for (index_t i = 0; i + 1 < terms.size(); ++i) {
      if (!(terms[i] < terms[i + 1])) std::abort();
    }
  } catch (const IoError&) {
  } catch (const InvalidArgument&) {  // a column of what has none
  }
  return 0;
}
