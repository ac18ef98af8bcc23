"""The page that draws a workbook: plain ES modules, served as they are, and the table of what it can draw."""
