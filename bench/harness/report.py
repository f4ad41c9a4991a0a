"""Writes what came out as Markdown."""

import statistics

from harness import machine

UNCERTIFIED = "eckart_uncertified"
MEMORY_SLACK = 1.1  # how far a run may exceed the memory that its plan announced
# What no plan counts: buffers that the BLAS keeps for each thread, ends of large pages.
BUFFERS = 16 << 20


def head(title, notes, facts, *, command, threads, load):
    """Returns the top of every file of results. facts: lines for its list."""
    lines = [
        f"- Machine: {machine.describe()}; {threads} threads.",
        f"- Again: `{command}`",
        *facts,
    ]
    if load > 0.5:
        lines.append(
            f"- **Provisional**: the machine was busy with other work (load {load:.1f} before "
            "the start)."
        )
    return "\n\n".join([f"# {title}", *([notes] if notes else []), "\n".join(lines)])


def markdown(task, outcomes, **run):
    """run: command, threads and load, as head() wants them."""
    facts = [
        "- Seconds: median [fastest .. slowest] of the call alone, inputs in memory; contenders "
        "take turns in one session, each in its own process, all with as many threads.",
        "- Ratio: the contender's seconds over Eckart's in the same round, median [smallest .. "
        "largest]; above 1 Eckart is faster. Only for answers within the accuracy of the case, "
        "checked before timing: residual = max of |Av − σu|, |Aᴴu − σv| over σ₁; orthogonality = "
        "larger of |UᴴU − I|, |VᴴV − I| (Frobenius) over √k; σ error over σ₁.",
        "- Memory: peak of the process during one call, beyond what it held before.",
    ]
    top = head(task.title, task.notes, facts, **run)
    return "\n\n".join([top, *map(section, outcomes), versions(outcomes)]) + "\n"


def section(outcome):
    case = outcome.case
    wanted = f"k = {case.rank}" if case.rank else "all triplets"
    if not case.vectors:
        wanted = "singular values only"
    text = [
        f"## {case.name}",
        f"{outcome.matrix.description}; {wanted}; accuracy {case.accuracy:.2g}"
        + (f", {case.asked:.2g} asked of those who can be told." if case.asked else "."),
        table(outcome),
    ]
    text += [bar_text(bar, outcome) for bar in case.bars]
    text += filter(None, [memory_text(outcome.reference)])
    return "\n\n".join(text)


def table(outcome):
    rows = [
        "| contender | seconds | ratio | residual | orthogonality | σ error | memory MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    rows += [row(line, outcome.reference) for line in outcome.lines]
    return "\n".join(rows)


def row(line, reference):
    title = line.contender.title
    if line.failure:
        kind = "missing" if line.contender.missing else "no answer"
        return f"| {title} | {kind}: {line.failure} | | | | | |"
    verdict = line.verdict
    ratio = "not compared" if line.contender.information else "misses the accuracy"
    if line.accepted and not line.contender.information:
        ratio = "Eckart gave no right answer"
        if reference and reference.accepted:
            ratio = spread(line.ratios_to(reference), "{:.2f}")
    cells = [
        title,
        spread(line.seconds or [line.first_seconds], "{:.3g}"),
        ratio,
        number(verdict.residual),
        number(verdict.orthogonality),
        number(verdict.sigma_error),
        f"{line.memory / 2**20:.0f}",
    ]
    if not line.accepted and verdict.faults:
        cells[2] += ": " + "; ".join(verdict.faults)
    return "| " + " | ".join(cells) + " |"


def bar_text(bar, outcome):
    """Says whether the bar is met, in one plain sentence or two."""
    rule = f"at least {bar.factor:g}× the fastest of" if len(bar.peers) > 1 else f"at least {bar.factor:g}×"
    names = ", ".join(title_of(peer, outcome) for peer in bar.peers)
    text = [f"Bar “{bar.row}”: {rule} {names}" + (" while more accurate" if bar.more_accurate else "")]
    if bar.aim:
        text[0] += f" (aim {bar.aim:g}×)"
    text[0] += "."
    reference = outcome.reference
    if not reference or not reference.accepted:
        return " ".join([*text, "**Not met**: Eckart gave no right answer."])

    if bar.more_accurate:
        for peer in filter(None, map(outcome.line, bar.peers)):
            if peer.verdict and not as_accurate(reference.verdict, peer.verdict):
                return " ".join([*text, f"**Not met**: less accurate than {peer.contender.title}."])

    silent = [peer for peer in bar.peers if not comparable(outcome.line(peer), bar)]
    rivals = [outcome.line(peer) for peer in bar.peers if peer not in silent]
    if silent:
        text.append("Not compared: " + ", ".join(title_of(peer, outcome) for peer in silent) + ".")
    if not rivals:
        return " ".join([*text, "**Not decided**: no peer to compare with."])
    best = min(rivals, key=lambda rival: rival.ratio_to(reference))
    reached = best.ratio_to(reference)
    verdict = "**Met**" if reached >= bar.factor else "**Not met**"
    text.append(f"{verdict}: {reached:.2f}× {best.contender.title}")
    if bar.aim:
        text[-1] += ", aim " + ("reached" if reached >= bar.aim else "not reached")
    uncertified = outcome.line(UNCERTIFIED)
    if uncertified and uncertified.accepted:
        bare = min(rival.ratio_to(uncertified) for rival in rivals)
        text[-1] += f"; without the certificate {bare:.2f}×"
    return " ".join(text) + "."


def comparable(rival, bar):
    if rival is None or rival.failure or not rival.seconds:
        return False
    return bar.more_accurate or rival.accepted


def as_accurate(mine, theirs):
    return mine.residual <= theirs.residual and mine.sigma_error <= theirs.sigma_error


def memory_text(line):
    """Says whether the run kept to the memory that its plan had announced."""
    if line is None or not line.announced:
        return ""
    share = line.memory / line.announced
    met = line.memory <= MEMORY_SLACK * line.announced + BUFFERS
    verdict = "**Met**" if met else "**Not met**"
    return (
        f"Bar “memory within {MEMORY_SLACK - 1:.0%} of the plan and {BUFFERS >> 20} MiB”: {verdict}: "
        f"{line.memory / 2**20:.0f} MiB of the {line.announced / 2**20:.0f} MiB that the plan "
        f"announced ({share:.2f}×)."
    )


def title_of(name, outcome):
    line = outcome.line(name)
    return line.contender.title if line else name


def versions(outcomes):
    seen = {
        line.contender.title: line.about for outcome in outcomes for line in outcome.lines if line.about
    }
    lines = [f"- {title}: {about}" for title, about in seen.items()]
    return "\n".join(["## Versions and kernels in use", "", *lines])


def spread(values, form):
    if not values:
        return ""
    low, middle, high = (
        form.format(value) for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} [{low} .. {high}]"


def number(value):
    return f"{value:.1e}" if value == value else ""
