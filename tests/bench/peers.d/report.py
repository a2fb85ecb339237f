"""The table on the terminal, and comparisons.csv, samples.csv and report.md."""

import csv
import math
import os

HEADER = ("job", "case", "ours", "threads", "median", "peer", "threads", "median", "ratio",
          "goal", "met")
NUMERIC = {3, 4, 6, 7, 8, 9}


def text(value, digits=3):
    if value is None:
        return ""
    return "missed" if math.isnan(value) else f"{value:.{digits}g}"


def row_of(case, comparison):
    ours, other = comparison.ours, comparison.other
    return (case.job, case.title, ours.name, str(ours.threads), text(ours.median()), other.name,
            str(other.threads), text(other.median()), text(comparison.ratio()),
            text(comparison.goal), comparison.verdict())


def rows_of(cases):
    return [row_of(case, comparison) for case in cases for comparison in case.comparisons]


def padded(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [[cell.rjust(w) if i in NUMERIC else cell.ljust(w)
             for i, (cell, w) in enumerate(zip(row, widths))] for row in rows]


def table(cases):
    """A table of fixed width; medians in the case's quantity."""
    return "\n".join("  ".join(row).rstrip() for row in padded([HEADER, *rows_of(cases)]))


def markdown_table(rows):
    header, *body = padded(rows)
    rule = [("-" * (len(cell) - 1) + ":") if i in NUMERIC else "-" * len(cell)
            for i, cell in enumerate(header)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *body))


def contestant_rows(case):
    rate = case.megabytes
    yield ("contestant", "threads", "rounds", "median", "lowest", "highest",
           "MB/s" if rate else "f", "capacity", "line ns", "setting")
    for one in case.contestants:
        times = one.seconds()
        last = rate / one.median() if rate else one.samples[-1].loss
        yield (one.name, str(one.threads), str(len(times)), text(one.median()), text(min(times)),
               text(max(times)), text(last, 6), text(one.detail("parallel_capacity")),
               text(one.detail("line_transfer_ns")), one.note)


def section(case):
    rows = [row for row in contestant_rows(case)]
    lines = "\n".join("| " + " | ".join(row) + " |"
                      for row in (rows[0], ["---"] * len(rows[0]), *rows[1:]))
    notes = "\n".join(f"- {note}" for note in case.notes + comparison_notes(case))
    return f"## {case.job}: {case.title} ({case.quantity})\n\n{lines}\n\n{notes}\n"


def comparison_notes(case):
    return sorted({f"{c.ours.name} against {c.other.name}: {c.note}."
                   for c in case.comparisons if c.note})


def markdown(cases, environment, command):
    facts = "\n".join(f"- {name}: {value.splitlines()[0]}" if "\n" not in value else
                      f"- {name}:\n\n  ```\n  " + value.replace("\n", "\n  ") + "\n  ```"
                      for name, value in environment.items())
    return "\n".join([
        "# sgdbench and its peers", "", f"Command: `{command}`", "",
        "Ratio: how many times longer the peer takes, the median of the rounds' ratios; peers and "
        "sgdbench ran in turn, one round after the other. Where two workers miss their goal over "
        "one, the normalised ratio is what the machine would show had it delivered two cores: "
        "each round's is divided by parallel capacity / 2, measured beside it.", "",
        markdown_table([HEADER, *rows_of(cases)]), "", *map(section, cases),
        "## Environment", "", facts, ""])


def write_csv(path, rows):
    with open(path + ".unfinished", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    os.replace(path + ".unfinished", path)


def sample_rows(cases):
    extra = ("parallel_capacity", "line_transfer_ns", "epochs_to_target", "lr", "schedule",
             "command")
    yield ("job", "case", "quantity", "contestant", "threads", "round", "seconds", "loss", *extra)
    for case in cases:
        for one in case.contestants:
            for number, sample in enumerate(one.samples):
                yield (case.job, case.title, case.quantity, one.name, one.threads, number,
                       sample.seconds, sample.loss, *[sample.details.get(name) for name in extra])


def write(folder, cases, environment, command):
    os.makedirs(folder, exist_ok=True)
    write_csv(os.path.join(folder, "comparisons.csv"), [HEADER, *rows_of(cases)])
    write_csv(os.path.join(folder, "samples.csv"), sample_rows(cases))
    path = os.path.join(folder, "report.md")
    with open(path + ".unfinished", "w", encoding="utf-8") as file:
        file.write(markdown(cases, environment, command))
    os.replace(path + ".unfinished", path)
