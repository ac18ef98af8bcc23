"""The tabs of the workbook, one module each."""
