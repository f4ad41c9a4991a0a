#!/bin/sh
# Finds Debian packages by meaning: search.sh WORDS...; examples: search.sh play chess
#
# The first run takes the descriptions from apt's lists on this machine (asking apt for them, into
# a private folder, where the system keeps none), and fits a model of 200 directions: seconds. The
# model stays in ${XDG_CACHE_HOME:-~/.cache}/eckart; search.sh --refresh makes it again.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
eckart=${ECKART:-$here/eckart}
[ -x "$eckart" ] || eckart=eckart
cache=${XDG_CACHE_HOME:-$HOME/.cache}/eckart
model=$cache/debian.lsa

descriptions() {
  if apt-cache dumpavail 2> /dev/null | grep -q '^Description-en:.*'; then
    apt-cache dumpavail
    return
  fi
  # Many small systems keep no long descriptions; a private folder leaves theirs alone.
  lists=$cache/apt
  mkdir -p "$lists/lists/partial" "$lists/cache"
  echo "Fetching the descriptions with apt, once (about 10 MB)" >&2
  apt-get -q update -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" \
    -o Acquire::Languages=en -o Acquire::GzipIndexes=false >&2
  cat "$lists"/lists/*_i18n_Translation-en
}

# One line for each package: its name, a tab, its description. The first description counts.
to_table() {
  awk '
    function flush() {
      if (name != "" && text != "" && !(name in seen)) { seen[name] = 1; print name "\t" text }
      name = text = ""; inside = 0
    }
    /^$/ { flush(); next }
    /^Package: / { name = $2; inside = 0; next }
    /^Description(-en)?: / { sub(/^[^:]*: /, ""); gsub(/\t/, " "); text = $0; inside = 1; next }
    /^[ \t]/ && inside { gsub(/[ \t]+/, " "); if ($0 != " .") text = text $0; next }
    { inside = 0 }
    END { flush() }'
}

if [ "${1:-}" = --refresh ]; then
  rm -f "$model"
  shift
fi
if [ ! -f "$model" ]; then
  mkdir -p "$cache"
  descriptions | to_table | LC_ALL=C sort > "$cache/debian.tsv"
  [ -s "$cache/debian.tsv" ] || { echo "search.sh: apt knows no descriptions" >&2; exit 1; }
  "$eckart" lsa fit "$cache/debian.tsv" --no-header --id-column 1 --column 1,2 --tokens names \
    -k 200 -o "$model"
fi
[ $# -gt 0 ] || { echo "usage: search.sh [--refresh] WORDS..." >&2; exit 2; }
exec "$eckart" lsa query "$model" "$@"
