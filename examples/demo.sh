#!/bin/sh
# Shows Eckart's main job on three real matrices; called by `make demo`, takes seconds.
set -eu
cd "$(dirname "$0")/.."
data=examples/data

say() { printf '%s\n' "$@"; }

# Shows a command as a user would type it, then runs it.
show() {
  if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then printf '\n\033[1m$ %s\033[0m\n\n' "$1"; else printf '\n$ %s\n\n' "$1"; fi
  sh -c "$1"
}

title() { printf '\n\n%s\n%s\n' "$1" "$(printf '%s' "$1" | sed 's/./=/g')"; }

title "1. Nine book titles by the words in them, from the paper that invented LSA"
say "Rows are 12 terms, columns 9 titles. The paper of 1990 printed these singular values:" \
    "3.34 2.54 2.35 1.64 1.50 1.31 .85 .56 .36"
show "./eckart svd $data/deerwester_12x9.csv"

title "2. 1797 handwritten digits of 8 x 8 pixels"
say "The last of 65 columns is the label; the rest is centred, which makes this a PCA." \
    "How many directions of 64 hold 95 % of the variance?"
show "gzip -dc $data/digits.csv.gz | cut -d, -f1-64 | ./eckart svd - --center --energy 95%"

title "3. A sparse least-squares problem from surveying, 1033 x 320"
say "The ten leading triplets, with the vectors saved where NumPy and everything else can read them."
show "./eckart svd $data/illc1033.mtx.gz -k 10 -o out/illc1033 --force"

say "" "" "Try next:" \
    "  ./eckart info $data/illc1033.mtx.gz       rank, condition number, spectrum" \
    "  ./eckart svd '[[3,2],[2,3]]'                       a matrix typed by hand" \
    "  ./eckart svd YOUR_FILE --plan                      what it would do, before it does it"
