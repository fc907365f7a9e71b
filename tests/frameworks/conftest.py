"""What PyTorch and JAX make of the snippets: the lines that pages show, run where the extra `frameworks` is installed."""

from importlib.util import find_spec

# Not skipped one by one: both weigh more than all else together, and a workflow of its own runs these tests.
collect_ignore = [f"test_{name}.py" for name, module in (("pytorch", "torch"), ("jax", "jax")) if not find_spec(module)]
