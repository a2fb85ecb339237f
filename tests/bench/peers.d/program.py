"""sgdbench itself: one process for each measurement, its CSV read back."""

import csv
import io
import os
import subprocess
import tempfile

from arena import Sample

NUMBERS = ("parallel_capacity", "line_transfer_ns", "epochs_to_target", "lr", "peak_rss_bytes")


class Program:
    """`folder` holds the data. Runs start there and name files in it without a path, so that a
    command in a report means the same to whoever has made the data."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = os.path.abspath(folder)

    def output(self, *arguments, cores=None):
        """Standard output; `cores` ties the process to so many of the usable ones."""
        tie = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
        local = [argument.replace(self.folder + "/", "") for argument in arguments]
        return subprocess.run([*tie, self.binary, *local], check=True, text=True,
                              stdout=subprocess.PIPE, cwd=self.folder).stdout

    def version(self):
        return self.output("--version").strip()

    def knows(self, kind, name):
        """Whether `list` has the name and says that it is available in this build."""
        lines = (line.split() for line in self.output("list", kind).splitlines())
        return any(words[:2] == [name, "yes"] for words in lines)

    def rows(self, *options, curves=False, cores=None):
        """The rows of runs.csv; with `curves`, each has its points under "curve"."""
        with tempfile.TemporaryDirectory() as folder:
            curve = os.path.join(folder, "curve.csv")
            more = ["--curve", curve] if curves else []
            text = self.output("run", "-q", "--csv", "-", *more, *options, cores=cores)
            rows = list(csv.DictReader(io.StringIO(text)))
            if curves:
                with open(curve, encoding="utf-8") as file:
                    points = list(csv.DictReader(file))
                for row in rows:
                    row["curve"] = [p for p in points if p["run_id"] == row["run_id"]]
        return rows

    def row(self, *options, cores=None):
        """The only row of a run that has to succeed."""
        (row,) = self.rows("--repeats", "1", *options, cores=cores)
        if row["status"] not in ("ok", "diverged"):
            raise RuntimeError(f"sgdbench: {row['status']}: {row['reason']}: {row['command']}")
        return row


def number(row, column):
    return float(row[column]) if row.get(column) else None


def details(row):
    found = {name: number(row, name) for name in NUMBERS}
    return {**found, "schedule": row["lr_schedule"], "command": row["command"]}


def epoch_sample(row):
    """Seconds an epoch."""
    return Sample(number(row, "wall_s") / number(row, "epochs"), number(row, "loss_final"),
                  details(row))


def target_sample(row):
    """Seconds to the target; NaN where it was not reached."""
    reached = number(row, "time_to_target_s")
    return Sample(float("nan") if reached is None else reached, number(row, "loss_final"),
                  details(row))
