"""The documentation: pages in Markdown, and the package that builds the site from them and from the code."""
