#!/bin/sh
# Which lines of src/ the C++ tests reach: campaign/coverage.sh [TABLE]. Half an hour on two cores.
set -eu
cd "$(dirname "$0")/.."
table=${1:-campaign/results/coverage.md}
build=build/coverage

cmake --preset coverage > /dev/null
targets=$(cd tests && ls -d */ | sed 's,/,_tests,' | while read -r name; do
  ninja -C ../$build -t query "$name" > /dev/null 2>&1 && echo "$name"
done)
# shellcheck disable=SC2086
ninja -C $build $targets
find $build -name '*.gcda' -delete
failed=
for name in $targets; do
  echo "$name"
  (cd $build && "tests/$name" --gtest_brief=1 > "$name.log" 2>&1) || failed="$failed $name"
done

gcovr -r . --filter 'src/' --gcov-ignore-parse-errors --json-summary $build/summary.json $build > /dev/null
python3 - "$table" "$failed" <<'END'
import collections, json, sys
table, failed = sys.argv[1:]
folders = collections.defaultdict(lambda: [0, 0])
files = json.load(open("build/coverage/summary.json"))["files"]
for file in files:
    for key in ("all", file["filename"].split("/")[1]):
        folders[key][0] += file["line_covered"]
        folders[key][1] += file["line_total"]
lines = ["# What the C++ tests reach", "", "Lines of `src/`; `campaign/coverage.sh`.", "",
         "| folder | lines | reached | share |", "|---|---|---|---|"]
for name, (reached, all_) in sorted(folders.items(), key=lambda item: item[0] == "all"):
    lines.append(f"| {name if name == 'all' else 'src/' + name} | {all_} | {reached} | {reached / all_:.1%} |")
lines += ["", "## Least reached", "", "| file | lines | share |", "|---|---|---|"]
for file in sorted(files, key=lambda f: f["line_percent"])[:12]:
    lines.append(f"| {file['filename']} | {file['line_total']} | {file['line_percent'] / 100:.1%} |")
if failed:
    lines += ["", f"Tests failed in{failed}."]
open(table, "w").write("\n".join(lines) + "\n")
print("\n".join(lines))
END
