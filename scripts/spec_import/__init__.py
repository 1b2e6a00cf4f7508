# SPDX-License-Identifier: GPL-2.0-only
"""Makes maps/spec/DOCUMENT/TABLE.csv from the documents that the port tables stand in.

text       one cell's text: normal form, keys, port expressions
index      the hand-kept CSVs of maps/spec: roles, services, columns, words ...
documents  a file: front matter, headings and tables, in Markdown or HTML, in one language or two
reader     one table of a document to rows, column by column
build      versions compared, overrides and service rules applied, CSV text
"""
