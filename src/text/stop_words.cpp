// English words that carry no topic.
#include <sstream>

#include "eckart/text/tokenizer.hpp"

namespace eckart {

const std::vector<std::string>& english_stop_words() {
  static const std::vector<std::string> words = [] {
    // Articles and pronouns; forms of be, have and do; modal verbs; prepositions; conjunctions;
    // adverbs of degree and place; what is left of contractions behind the apostrophe.
    std::istringstream list(
        "a an the this that these those "
        "i me my mine myself we us our ours ourselves you your yours yourself yourselves "
        "he him his himself she her hers herself it its itself they them their theirs themselves "
        "who whom whose which what whoever whatever anyone anything everyone everything someone "
        "something nobody nothing one ones "
        "am is are was were be been being have has had having do does did doing done "
        "can could may might must shall should will would ought cannot "
        "about above across after against along among around as at before behind below beneath "
        "beside between beyond but by despite down during except for from in inside into like near "
        "of off on onto out outside over past per since through throughout till to toward towards "
        "under until unto up upon via with within without "
        "and or nor so yet if because although though unless whereas while whether than then "
        "when whenever where wherever why how "
        "all any both each either every few less many more most much neither no none other others "
        "another own same several some such "
        "again almost already also always even ever far further hence here however indeed instead "
        "just likewise maybe meanwhile moreover never nevertheless not now often once only perhaps "
        "quite rather seldom sometimes soon still there thereby therefore thus together too very "
        "well "
        "ain aren couldn didn doesn don hadn hasn haven isn ll mustn needn re shan shouldn ve "
        "wasn weren won wouldn");
    std::vector<std::string> all;
    for (std::string word; list >> word;) all.push_back(word);
    return all;
  }();
  return words;
}

}  // namespace eckart
