"""What the figures depend on: machine, versions, date."""

import datetime
import os
import platform
import subprocess

import pipe

PACKAGES = ("python3-sklearn", "python3-numpy", "python3-scipy", "python3-xgboost",
            "liblinear-tools", "libopenblas0-pthread", "python3-torch", "libdnnl2")


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def package_version(name):
    query = subprocess.run(["dpkg-query", "-W", "-f=${Version}", name], text=True,
                           capture_output=True, check=False)
    return query.stdout if query.returncode == 0 else ""


def blas():
    """BLAS that NumPy runs on, with the kernels it chose for this CPU."""
    import threadpoolctl
    return "; ".join(f"{found['internal_api']} {found['version']} ({found.get('architecture')})"
                     for found in threadpoolctl.threadpool_info() if found["user_api"] == "blas")


def describe(program):
    """Name → text, in the order of the report."""
    versions = {name: package_version(name) for name in PACKAGES}
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "CPU": cpu_model(),
        "usable cores": str(len(pipe.usable_cores())),
        "kernel": platform.release(),
        "load average at the start": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "Python": platform.python_version(),
        "BLAS of NumPy": blas() or "unknown",
        **{name: version for name, version in versions.items() if version},
        "sgdbench": program.version(),
    }
