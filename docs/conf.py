"""The site of the documentation: `scripts/site` builds it from these pages."""  # noqa: INP001

project = "navai"
author = "The navai authors"
extensions = ["myst_parser"]
exclude_patterns = ["brand/*"]
html_theme = "furo"
html_title = "navai"
html_favicon = "brand/icon.svg"
html_theme_options = {
    "light_logo": "",
    "source_repository": "https://github.com/navai-home/navai",
    "source_branch": "main",
    "source_directory": "docs/",
}
myst_heading_anchors = 4
myst_fence_as_directive = []
suppress_warnings = ["misc.highlighting_failure"]
nitpicky = True
