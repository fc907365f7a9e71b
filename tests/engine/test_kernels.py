"""One truth on every machine: the same bytes under other kernels of linear algebra, and without wide instructions."""

import json
import os
import platform
import re
import subprocess
import sys

import numpy as np
import pytest

from snippets._build.engine.labs import make_labs
from snippets._build.engine.render import CACHE, ROOT, SNIPPETS, render
from snippets._build.kept import Keeper
from tests.conftest import one_at_a_time

FEATURES = " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))
KERNELS = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX")
# The plainest machine that this one can play: the oldest kernel, and no wide instructions in NumPy.
PLAINEST = {"OPENBLAS_CORETYPE": KERNELS[0], "NPY_DISABLE_CPU_FEATURES": FEATURES}
# What is printed and drawn there is compared on every machine on which the tests run, so that all machines are compared with
# each other: all that the snippets print, and of a slider the figure at its default. `--kernels` compares all frames and the labs
# too, under all kernels that this machine can play, which takes a minute each.
SURROUNDINGS = {"the plainest": PLAINEST} | {kernel: {"OPENBLAS_CORETYPE": kernel} for kernel in KERNELS}

# The last bits of what the snippets compute with: processors differ in them, and so do the kernels of one processor.
PROBE = """
import hashlib
import numpy as np

bits, rng = hashlib.sha256(), np.random.default_rng(0)
for n in (2, 3, 4, 5, 8, 16, 40, 130):
    A, B, v = rng.normal(size=(n, n)), rng.normal(size=(n, n)), rng.normal(size=n)
    S = A @ A.T + np.eye(n)
    for part in (A @ B, A @ v, v @ A, v @ v, np.linalg.solve(S, v), np.linalg.inv(S), np.linalg.eigvalsh(S),
                 np.linalg.svd(A)[1], np.linalg.lstsq(A, v, rcond=None)[0], np.linalg.qr(A)[1], np.linalg.det(S)):
        bits.update(np.ascontiguousarray(part).tobytes())
x = abs(rng.normal(size=1000))
for kind in (np.float64, np.float32):
    for f in (np.exp, np.log, np.log1p, np.sin, np.cos, np.tanh, np.arctan, np.cbrt, lambda x: x**1.7, np.sum):
        bits.update(np.asarray(f(x.astype(kind))).tobytes())
print(bits.hexdigest())
"""
ALL = """
import json, sys
from pathlib import Path
from tests.engine.test_kernels import results

json.dump(results(*map(Path, sys.argv[1:])), sys.stdout)
"""


def results(cache, snippets=SNIPPETS):
    """Everything that snippets print and draw, by name; and so the labs, if all snippets are there as they are."""
    report = render(snippets, cache)
    labs, faults = make_labs(ROOT / "docs" / "labs", Keeper(cache)) if snippets == SNIPPETS else ({}, [])
    assert report.faults + faults == []
    made = dict(report.results)
    for name, lab in labs.items():
        made |= {f"labs/{name}/{file}": text for file, text in lab["results"].items()} | {f"labs/{name}": lab["page"]}
    return made


def run(code, *arguments, **settings):
    """What a fresh Python prints that is told of nothing but these settings; None if it cannot run with them."""
    unset = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES")
    environment = {k: v for k, v in os.environ.items() if k not in unset and not k.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=environment | {"OPENBLAS_NUM_THREADS": "1"} | settings,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    return done.stdout if done.returncode == 0 else None


@pytest.fixture(scope="module")
def own(lock):
    """What is made as this machine is set up, from the cache if it can."""
    with one_at_a_time(lock):
        return results(CACHE)


@pytest.fixture(scope="module")
def seen():
    """For each kind of last bits whose results were compared, under which name. This machine's own come first."""
    return {run(PROBE, **{k: os.environ[k] for k in ("OPENBLAS_CORETYPE",) if k in os.environ}): "this machine"}


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        every = metafunc.config.getoption("--kernels")
        metafunc.parametrize("name", SURROUNDINGS if every else ["the plainest"])


@pytest.fixture(scope="module")
def snippets(request, tmp_path_factory):
    """The snippets, without their sliders unless all is compared."""
    if request.config.getoption("--kernels"):
        return SNIPPETS
    folder = tmp_path_factory.mktemp("snippets")
    for source in SNIPPETS.glob("[a-z]*/*.py"):
        (folder / source.parent.name).mkdir(exist_ok=True)
        text = source.read_text("utf-8")
        unmoved = "".join(f"del {name}.slider\n" for name in re.findall(r"(?m)^(figure_\w+)\.slider = ", text))
        text = text.replace("\nif __name__ ==", f"\n{unmoved}\nif __name__ ==")
        (folder / source.parent.name / source.name).write_text(text, "utf-8")
    return folder


def test_the_same_is_printed_and_drawn_to_the_byte(name, own, seen, snippets, tmp_path):
    bits = run(PROBE, **SURROUNDINGS[name])
    if bits in seen:
        print(f"{name}: the last bits are those of {seen[bits]}")
    elif bits is None:
        print(f"{name}: this processor cannot run it")
    else:
        seen[bits] = name
        made = json.loads(run(ALL, tmp_path, snippets, **SURROUNDINGS[name]))
        more = {part for part in own if re.search(r"^labs/|\.\d+\.svg$", part)}
        assert more and made.keys() == own.keys() - (set() if snippets == SNIPPETS else more)
        assert [part for part in made if made[part] != own[part]] == []


def test_the_plainest_machine_differs_from_this_one_in_the_last_bits(seen):
    """Otherwise the comparison above would show nothing. Elsewhere kernels have other names, or there is one."""
    assert run(PROBE, **PLAINEST) not in {None, *(bits for bits, name in seen.items() if name == "this machine")} or (
        platform.machine().lower() not in ("x86_64", "amd64")
    )
