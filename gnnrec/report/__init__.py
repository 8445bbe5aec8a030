"""The report of a run, or of several side by side: one HTML page that needs nothing but itself.

`subject` is what a report is about, `content` gathers plain numbers from it, `figures` draws them with plotly, and
`page` sets all of it into the templates beside this file.
"""
