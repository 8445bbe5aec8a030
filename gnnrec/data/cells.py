"""What programs write into the cells of tables: for nothing, and for numbers that they cut."""

from __future__ import annotations

NOTHING = ("", r"\N", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None")
"""What stands where there is nothing; blanks around it do not count."""

WHOLE_NUMBER = r"^(?:0|-?[1-9][0-9]*)(?:\.0)?$"
"""Text that a whole number gives back (no leading zeros, no plus), and how pandas writes it beside a gap."""

ROUNDED = r"^-?[1-9](?:\.[0-9]+)?E\+[0-9]{2,}$"
"""How a spreadsheet writes a long number, of which it keeps the first digits."""
