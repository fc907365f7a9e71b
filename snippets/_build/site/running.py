"""*Run it here*: the notebooks of the site in JupyterLite, which a reader opens in the browser without installing anything.

The application comes from the packages of the extra `run`, Python itself from `PYODIDE_URL`: the address of a Pyodide
distribution, or that of a folder of this site, such as `pyodide/`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from ..engine.requirements import imported, needs
from ..pages.blanks import pyodide

HERE = "It runs here, in your browser, and what you write stays in it: *File*, *Download* makes a copy"
FIRST = """\
# In the browser Python fetches packages when they are asked for.
try:
    import {packages}
except ImportError as missing:
    print(
        f"{{missing.name}} cannot be had from {address}, where this site takes Python.\\n"
        "Download the notebook, and run it on your own machine: its page says how.\\n"
        "Whoever publishes the site: PYODIDE_URL must lead to a whole Pyodide distribution,\\n"
        "as the README says, and not to its core alone."
    )"""
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:{host}; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self' blob: data:{host}; img-src 'self' blob: data:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'"
)


def says(address, size="tens of megabytes"):
    """What pages say beside the button, if there is an address to take Python from.

    >>> print(says("pyodide/"))
    It loads Python, tens of megabytes, from this site.
    >>> says("")
    ''
    """
    host = urlsplit(address).netloc
    return address and f"It loads Python, {size}, from {f'{host}, which is another host' if host else 'this site'}."


def lacks():
    """What must be installed before notebooks can be run here, as a sentence; else nothing."""
    there = find_spec("jupyterlite_core") and find_spec("jupyterlite_pyodide_kernel")
    return "" if there else "PYODIDE_URL is set, and JupyterLite is not there: pip install -e '.[run]'"


def in_browser(text, address):
    """The notebook with this text for a kernel in the browser, which takes its packages from this address."""
    book = json.loads(text)
    source = "\n".join("".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code")
    title = book["cells"][0]
    title["source"] = "".join(title["source"]).replace(f"It needs {needs(source)}", HERE)
    first = {"cell_type": "code", "id": "first", "metadata": {}, "execution_count": None, "outputs": []}
    book["cells"].insert(1, first | {"source": FIRST.format(packages=", ".join(imported(source)), address=address)})
    book["metadata"]["kernelspec"] = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def wheel_of(package, folder):
    """A wheel of a package in pure Python as it is installed here, in the folder."""
    installed = distribution(package)
    path = folder / f"{installed.name}-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for part in installed.files:
            if ".." not in part.parts and part.suffix != ".pyc" and part.name not in ("INSTALLER", "REQUESTED", "direct_url.json"):
                file.writestr(zipfile.ZipInfo(part.as_posix()), part.read_binary())
    return path


def build(site, notebooks, address, time):
    """Put the application into the folder `run` of the site, with notebooks, `{path: text}`, and Python from this address.

    They are dated as of `time`, in seconds since 1970. Raises `RuntimeError` if JupyterLite fails.
    """
    python = pyodide(address, 2)  # the application stands two folders below the site
    kernel = {"pyodideUrl": python, "disablePyPIFallback": True}
    settings = {"appUrl": "./tree", "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel}}
    with tempfile.TemporaryDirectory() as own:
        own = Path(own)
        for name, text in notebooks.items():
            path = own / "contents" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(in_browser(text, address), "utf-8")
        (own / "lite").mkdir()
        (own / "lite/jupyter-lite.json").write_text(json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}))
        wheel = wheel_of("comm", own)  # the one package that the kernel would take from elsewhere
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--apps", "notebooks", "--apps", "tree", "--no-sourcemaps"]
        command += ["--no-unused-shared-packages", "--source-date-epoch", str(time), "--lite-dir", "lite", "--piplite-wheels", str(wheel)]
        command += ["--contents", str(own / "contents"), "--output-dir", str(Path(site, "run").resolve())]
        folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")  # the settings of whoever builds change nothing
        environment = os.environ | {folder: str(own / folder) for folder in folders}
        done = subprocess.run(command, cwd=own, env=environment, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            said = [line.strip() for line in done.stderr.splitlines() if re.search(r"Error", line)] or ["it ended early"]
            raise RuntimeError(f"JupyterLite: {said[-1]}")
    page = Path(site, "run/notebooks/index.html")
    text, host = page.read_text("utf-8"), urlsplit(address).netloc
    policy = POLICY.format(host=f" {urlsplit(address).scheme}://{host}" if host else "")
    head = f'<head>\n    <meta http-equiv="Content-Security-Policy" content="{policy}">'
    script = Path(__file__).with_name("run.html").read_text("utf-8").replace("PYTHON", python)
    config = re.search(r'(?s)<script id="jupyter-config-data".*?</script>\n', text)[0]
    page.write_text(text.replace("<head>", head, 1).replace(config, config + script, 1), "utf-8")
