"""The explorer: one page on this machine where a budget follows its settings.

`question` reads a link, `answer` asks the verbs, `view` puts answers into the words of a report,
`curve` draws, `server` speaks to the browser. Nothing here has a number of its own.
"""
