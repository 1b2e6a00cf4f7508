# SPDX-License-Identifier: GPL-2.0-only
"""One table of one document, in one language, to rows: what each column's cells mean."""

import re

from .text import Unreadable, normalise, ports, show

FIELDS = ("row", "role", "service", "app", "l4", "source_ports", "ports", "source", "destination",
          "narrow_to", "note")
# The kinds of table, by the columns that only they have: (columns, columns that may stand beside).
LAYOUTS = {
    "server": ({"server", "ports", "protocol"}, {"service", "note"}),
    "client": ({"client", "ports", "protocol"}, {"service", "note"}),
    "roles": ({"role-and-ports", "source", "destination"}, {"note"}),
    "protocols": ({"protocol-and-ports", "source", "destination"}, {"note"}),
    "ipsec": ({"rule", "source", "destination", "protocol", "source-ports", "destination-ports",
               "authentication"}, {"note"}),
}
TRANSPORTS = {("tcp",): "tcp", ("udp",): "udp", ("tcp", "udp"): "tcp+udp"}


class Row:
    """Fields of one row; .bad holds (heading, text, reason) for each that could not be read.

    An override may supply a field that is bad; `authentication` is no field, so nothing can.
    """

    def __init__(self, line):
        self.line = line
        self.fields = dict.fromkeys(FIELDS[1:], "")
        self.bad = {}

    def attempt(self, field, cell, read):
        """Sets a field to read(text of the cell), or notes why it can't be read."""
        try:
            self.fields[field] = read(cell[1])
        except Unreadable as error:
            self.spoil((field,), cell, str(error))

    def spoil(self, fields, cell, reason):
        for field in fields:
            self.bad[field] = (*cell, reason)


class Reader:
    """Reads the tables of one language of one document."""

    def __init__(self, index, report, document, language):
        self.index, self.report = index, report
        self.document, self.language = document, language

    def text(self, cell):
        return cell.texts(self.document.languages)[self.language]

    def bad(self, line, reason):
        self.report.add(self.document.name, line, reason)

    def table_name(self, table, sections):
        """Which table stands under this heading, or None after reporting it."""
        heading = self.text(table.caption) if table.caption else ""
        name = sections.get(heading)
        if name is None:
            self.bad(table.line, f'"{show(heading)}": no known table has this heading')
        return name

    def read(self, table, name):
        """{row number: Row}; blank rows are left out and keep their number."""
        columns = self.columns(table, name)
        rows = {}
        if not columns:
            return rows
        layout, headings = columns
        read_row = {"server": self.read_server, "client": self.read_client,
                    "roles": self.read_edge, "protocols": self.read_edge,
                    "ipsec": self.read_ipsec}[layout]
        for number, cells in enumerate(table.rows, 1):
            texts = [self.text(cell) for cell in cells]
            if cells and not any(texts):
                continue
            line = cells[0].line if cells else table.line
            if len(texts) != len(headings):
                self.bad(line, f"{name}/{number}: {len(texts)} cells, {len(headings)} headings")
                continue
            row = rows[number] = Row(line)
            read_row({column: (heading, text)
                      for (column, heading), text in zip(headings, texts)}, row)
        if not rows:
            self.bad(table.line, f"{name}: a table without rows")
        return rows

    def columns(self, table, name):
        """(layout, [(column, heading)]), or None after reporting the heading that is unknown."""
        found, known = [], True
        for cell in table.header:
            heading = self.text(cell)
            column = self.index.column_names.get(heading)
            if column is None:
                self.bad(cell.line, f'{name}: heading "{show(heading)}": no known column')
                known = False
            elif column in dict(found):
                self.bad(cell.line, f'{name}: heading "{show(heading)}": a second column {column}')
                known = False
            found.append((column, show(heading)))
        if not known:
            return None
        have = {column for column, _ in found}
        for layout, (needed, optional) in LAYOUTS.items():
            if needed <= have <= needed | optional:
                return layout, found
        self.bad(table.line, f"{name}: no kind of table has the columns {', '.join(sorted(have))}")
        return None

    # --- roles and services ---

    def role(self, text):
        """A role's name; a cell that lists several things must name one role by all of them."""
        if not text:
            raise Unreadable("no role")
        whole = self.index.role_names.get(text)
        if whole:
            return whole
        roles = {line: self.index.role_names.get(line) for line in text.split("\n")}
        for line, role in roles.items():
            if role is None:
                raise Unreadable(f'no role has the name "{show(line)}"')
        if len(set(roles.values())) > 1:
            raise Unreadable(f"names several roles: {', '.join(sorted(set(roles.values())))}")
        return next(iter(roles.values()))

    def service(self, text):
        name = self.index.service_names.get(text)
        if name is None:
            raise Unreadable(f'no service has the name "{show(text)}"')
        return name

    # --- protocols ---

    def read_protocol(self, cell, row):
        try:
            row.fields["l4"], row.fields["app"] = self.protocol(cell[1])
        except Unreadable as error:
            row.spoil(("l4", "app"), cell, str(error))

    def protocol(self, text):
        """`TCP (PSOM/TLS)` to ("tcp", "PSOM/TLS"); HTTP, DHCP ... imply their transport."""
        if not text:
            raise Unreadable("no protocol")
        found = {"transport": [], "security": [], "application": []}
        implied = set()
        for name in self.protocol_names(text):
            row = self.index.protocols[name]
            if name not in found[row["kind"]]:
                found[row["kind"]].append(name)
            if row["implies"]:
                implied.add(row["implies"])
        stated = {self.index.protocols[name]["implies"] for name in found["transport"]}
        if stated and not implied <= stated:
            raise Unreadable(f"{'/'.join(found['application'])} over {'/'.join(sorted(stated))}")
        transports = tuple(sorted(stated or implied))
        if transports not in TRANSPORTS:
            raise Unreadable("neither TCP nor UDP, nor a protocol that implies one")
        return TRANSPORTS[transports], "/".join(found["application"] + found["security"])

    def protocol_names(self, text):
        """The protocols that a cell names, in order."""
        # `TCP - remark` or `TCP-remark`, as the load balancer tables have it for 8080.
        remark = re.fullmatch(r"(TCP|UDP)\s*[-\u2013\u2014]\s*(.+)", text, re.S)
        if remark:
            if re.search(r"(?<![A-Za-z])(TCP|UDP)(?![A-Za-z])", remark.group(2)):
                raise Unreadable("a remark after the transport that names a transport")
            text = remark.group(1)
        names = []
        whole = self.index.protocol_names.get(text)
        for line in [text] if whole else text.split("\n"):
            known = self.index.protocol_names.get(line)
            names += [known] if known else [self.token(t) for t in self.tokens(line)]
        return names

    def tokens(self, line):
        for word in self.index.spellings("and"):
            # An English word is one only between spaces; a Chinese one anywhere.
            line = line.replace(f" {word} " if word.isascii() else word, " ")
        return [token for token in re.split(r"[\s/()、,;:&]+", line) if token]

    def token(self, token):
        name = self.index.protocol_names.get(token)
        if name is None:
            raise Unreadable(f'no protocol has the name "{show(token)}"')
        return name

    # --- ports ---

    def ports(self, text):
        return "any" if self.index.is_word(text, "any") else ports(text)

    # --- one kind of table each ---

    def read_common(self, subject, cells, row):
        row.attempt("role", subject, self.role)
        self.read_protocol(cells["protocol"], row)
        row.attempt("ports", cells["ports"], self.ports)
        # A blank service cell is left to service-rules.csv.
        if "service" in cells and cells["service"][1]:
            row.attempt("service", cells["service"], self.service)

    def read_server(self, cells, row):
        """Ports to open on a server or load balancer: it is the destination."""
        self.read_common(cells["server"], cells, row)
        row.fields["source_ports"] = row.fields["source"] = "any"
        row.attempt("destination", cells["server"], self.role)

    def read_client(self, cells, row):
        """A service port is one that clients reach; a range is one that they listen on.

        DHCP goes both ways between the two ports that the cell names.
        """
        self.read_common(cells["client"], cells, row)
        for field in ("app", "ports"):
            if field in row.bad:
                row.spoil(("source", "destination", "source_ports"), *self.cause(row, field))
                return
        ports_ = row.fields["ports"]
        row.fields["source_ports"] = ports_ if row.fields["app"] == "DHCP" else "any"
        near, far = ("destination", "source") if "-" in ports_ else ("source", "destination")
        row.attempt(near, cells["client"], self.role)
        row.fields[far] = "any"

    @staticmethod
    def cause(row, field):
        heading, text, reason = row.bad[field]
        return (heading, text), reason

    def read_ipsec(self, cells, row):
        row.attempt("role", cells["rule"], self.role)
        self.read_protocol(cells["protocol"], row)
        row.attempt("source_ports", cells["source-ports"], self.ports)
        row.attempt("ports", cells["destination-ports"], self.ports)
        self.read_ends(cells, row)
        if not self.index.is_word(cells["authentication"][1], "no-authentication"):
            row.spoil(("authentication",), cells["authentication"], "not an exception")

    def read_edge(self, cells, row):
        """The Edge and Director tables: `A/V/RTP/TCP/50,000-59,999`, source, destination."""
        with_role = "role-and-ports" in cells
        cell = cells["role-and-ports" if with_role else "protocol-and-ports"]
        row.fields["source_ports"] = "any"
        self.read_ends(cells, row)
        match = re.fullmatch(r"(.+?)\s*/\s*(TCP|UDP)\s*[/ ]\s*([0-9].*)", cell[1], re.S)
        if not match:
            row.spoil(("role", "l4", "app", "ports"), cell,
                      "not PROTOCOL/TCP/PORT or PROTOCOL/UDP/PORT")
            return
        head, transport, rest = match.groups()
        role, protocol = self.split_role(head) if with_role else (None, head)
        self.read_protocol((cell[0], f"{transport}\n{protocol}"), row)
        row.attempt("ports", (cell[0], rest), self.ports)
        if role:
            row.fields["role"] = role
        else:
            self.role_of_ends(row, cell)

    def role_of_ends(self, row, cell):
        """Without a role in front, the row is about the end whose port it is, else the other."""
        for end in ("destination", "source"):
            if end in row.bad:
                row.spoil(("role",), *self.cause(row, end))
                return
            if row.fields[end] != "any":
                row.fields["role"] = row.fields[end]
                return
        row.spoil(("role",), cell, "names no role, and both ends are any")

    def split_role(self, head):
        """`A/V/STUN、MSTURN` to ("av-edge", "STUN、MSTURN"); `XMPP` alone is role and protocol."""
        parts = head.split("/")
        for count in range(len(parts), 0, -1):
            role = self.index.role_names.get("/".join(parts[:count]))
            if role:
                return role, "/".join(parts[count:]) or head
        return None, head

    def read_ends(self, cells, row):
        for end in ("source", "destination"):
            found, inner = self.any_of(cells[end][1])
            if not found:
                row.attempt(end, cells[end], self.role)
                continue
            row.fields[end] = "any"
            if inner:
                row.attempt("narrow_to", (cells[end][0], inner), self.narrow)

    def any_of(self, text):
        """`any`, or `any (can be defined as X)`: (is it `any`, X or "")."""
        if self.index.is_word(text, "any"):
            return True, ""
        match = re.fullmatch(r"([^()]+)\((.*)\)", text, re.S)
        if match and self.index.is_word(match.group(1), "any"):
            inner = normalise(match.group(2))
            for phrase in self.index.spellings("defined-as"):
                if inner.casefold().startswith(phrase.casefold()):
                    return True, inner[len(phrase):].strip()
        return False, ""

    def narrow(self, text):
        """`X、Y 或 Z` to the roles' names joined by `;`, each once, in order."""
        for word in self.index.spellings("or"):
            text = re.sub(rf"\b{word}\b" if word.isascii() else word, ",", text, flags=re.I)
        roles = []
        for part in re.split(r"[,、;\n]", text):
            if part.strip():
                role = self.role(part.strip())
                if role not in roles:
                    roles.append(role)
        return ";".join(roles)
