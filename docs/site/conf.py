"""The site of `make docs`: the Markdown pages of the source tree as they are, and the public headers by way of Doxygen."""
import os
import pathlib

BUILD = pathlib.Path(os.environ["OCELLUS_DOCS"])

project = "Ocellus"
author = "the Ocellus project"
extensions = ["myst_parser", "breathe"]
root_doc = "docs/index"
include_patterns = ["docs/*.md", "docs/**/*.md", "README.md", "CONTRIBUTING.md", "examples/**/README.md"]
myst_heading_anchors = 3
smartquotes = False  # `--out` stays `--out` in headings and prose
suppress_warnings = ["myst.header"]  # a page may begin a section below a table at any level

breathe_projects = {"ocellus": str(BUILD / "xml")}
breathe_default_project = "ocellus"
breathe_domain_by_extension = {"h": "c"}
breathe_show_include = False
breathe_default_members = ("members",)

html_theme = "furo"
html_title = "Ocellus"
html_show_sphinx = False
html_copy_source = False
html_extra_path = [str(BUILD / "figures")]
