"""What runs: snippets and labs, each in processes of its own."""

import sys

# nbformat imports jsonschema, and that builds the grammar of all addresses wherever a package for it is installed (JupyterLite
# brings it): two seconds in each process, for a format that no notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)
