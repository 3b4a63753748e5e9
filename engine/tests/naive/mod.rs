//! A second reader of YAML, for places only: it shares no code with the engine and knows the part of YAML that people
//! write manifests in. What it does not know (anchors, tags, `? `, escapes in the way of a key) it says.

/// Line and column, from 1.
pub(crate) type Place = (usize, usize);

/// A node in document order: its kind (`m`ap, `l`ist, `s`calar), start and end.
pub(crate) type Row = (char, Place, Place);

/// The rows of each document that is not empty; nothing where the text has more than this reader knows.
pub(crate) fn documents(text: &str) -> Option<Vec<Vec<Row>>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let lines = text.split('\n').map(|l| l.strip_suffix('\r').unwrap_or(l).chars().collect()).collect();
    let mut reader = Reader { lines, l: 0, c: 0, rows: Vec::new() };
    let mut out = Vec::new();
    while reader.l < reader.lines.len() {
        reader.blank();
        if reader.marker() {
            reader.c = 3;
            if reader.peek(0) == Some('.') {
                reader.l += 1;
            }
            reader.blank();
        }
        if reader.l >= reader.lines.len() {
            break;
        }
        if reader.marker() {
            continue;
        }
        if reader.peek(0) == Some('%') {
            return None;
        }
        reader.node(-1, false)?;
        reader.blank();
        if reader.l < reader.lines.len() && !reader.marker() {
            return None;
        }
        out.push(std::mem::take(&mut reader.rows));
    }
    Some(out)
}

struct Reader {
    lines: Vec<Vec<char>>,
    l: usize,
    c: usize,
    rows: Vec<Row>,
}

impl Reader {
    fn peek(&self, n: usize) -> Option<char> {
        self.lines.get(self.l)?.get(self.c + n).copied()
    }

    fn here(&self) -> Place {
        (self.l + 1, self.c + 1)
    }

    fn space_at(&self, n: usize) -> bool {
        self.peek(n).is_none_or(|c| c == ' ' || c == '\t')
    }

    /// To the next character that is neither white space nor comment.
    fn blank(&mut self) {
        while self.l < self.lines.len() {
            match self.peek(0) {
                Some(' ' | '\t') => self.c += 1,
                Some('#') if self.c == 0 || matches!(self.lines[self.l][self.c - 1], ' ' | '\t') => self.next_line(),
                Some(_) => return,
                None => self.next_line(),
            }
        }
    }

    fn next_line(&mut self) {
        self.l += 1;
        self.c = 0;
    }

    fn marker(&self) -> bool {
        let Some(line) = self.lines.get(self.l) else { return false };
        let start: String = line.iter().take(3).collect();
        self.c == 0 && (start == "---" || start == "...") && line.get(3).is_none_or(|c| c.is_whitespace())
    }

    /// A value; returns where it ends.
    fn node(&mut self, indent: isize, dash_may_align: bool) -> Option<Place> {
        let implied = self.here();
        let line = self.l;
        self.blank();
        let column = isize::try_from(self.c).unwrap();
        let dash = self.peek(0) == Some('-') && self.space_at(1);
        let aligned = dash && dash_may_align && column == indent;
        if self.l >= self.lines.len() || self.l > line && (self.marker() || column <= indent && !aligned) {
            self.rows.push(('s', implied, implied));
            return Some(implied);
        }
        match self.peek(0)? {
            '&' | '*' | '!' | '?' | '%' | '@' | '`' => None,
            '|' | '>' => self.block_scalar(indent),
            _ if dash => self.list(),
            _ if self.is_key()? => self.map(),
            '{' | '[' => self.flow(),
            '"' | '\'' => self.quoted(),
            _ => self.plain(indent),
        }
    }

    /// True if a key and its colon stand here.
    fn is_key(&self) -> Option<bool> {
        let line = self.lines.get(self.l)?;
        let mut c = self.c;
        match line.get(c) {
            Some('{' | '[') => return Some(false),
            Some(quote @ ('"' | '\'')) => {
                c += 1;
                while let Some(x) = line.get(c).filter(|x| x != &quote) {
                    c += if *x == '\\' && *quote == '"' { 2 } else { 1 };
                }
                c += 1;
                if line.get(c) == Some(&'\'') {
                    return None;
                }
                while line.get(c) == Some(&' ') {
                    c += 1;
                }
                return Some(line.get(c) == Some(&':') && line.get(c + 1).is_none_or(|x| x.is_whitespace()));
            }
            _ => {}
        }
        let rest = &line[c..];
        let comment = rest.windows(2).position(|w| w[0].is_whitespace() && w[1] == '#').unwrap_or(rest.len());
        let colon = rest[..comment]
            .iter()
            .enumerate()
            .position(|(i, x)| *x == ':' && rest.get(i + 1).is_none_or(|y| y.is_whitespace()));
        Some(colon.is_some())
    }

    fn map(&mut self) -> Option<Place> {
        let (start, column, at) = (self.here(), self.c, self.rows.len());
        self.rows.push(('m', start, start));
        loop {
            if self.peek(0) == Some('"') || self.peek(0) == Some('\'') {
                self.skip_quoted()?;
            } else if self.peek(0) == Some('<') {
                return None;
            }
            while !(self.peek(0)? == ':' && self.space_at(1)) {
                self.c += 1;
            }
            self.c += 1;
            let end = self.node(isize::try_from(column).unwrap(), true)?;
            self.rows[at].2 = end;
            self.blank();
            if self.l >= self.lines.len() || self.c != column || self.marker() || !self.is_key()? {
                return Some(end);
            }
        }
    }

    fn list(&mut self) -> Option<Place> {
        let (start, column, at) = (self.here(), self.c, self.rows.len());
        self.rows.push(('l', start, start));
        loop {
            self.c += 1;
            let end = self.node(isize::try_from(column).unwrap(), false)?;
            self.rows[at].2 = end;
            self.blank();
            if self.l >= self.lines.len() || self.c != column || self.marker() || self.peek(0) != Some('-') {
                return Some(end);
            }
        }
    }

    fn skip_quoted(&mut self) -> Option<Place> {
        let quote = self.peek(0)?;
        self.c += 1;
        while self.l < self.lines.len() {
            match self.peek(0) {
                None => self.next_line(),
                Some('\\') if quote == '"' => self.c += 2,
                Some(c) if c == quote => {
                    self.c += 1;
                    if quote == '\'' && self.peek(0) == Some('\'') {
                        self.c += 1;
                    } else {
                        return Some(self.here());
                    }
                }
                Some(_) => self.c += 1,
            }
        }
        None
    }

    fn quoted(&mut self) -> Option<Place> {
        let start = self.here();
        let end = self.skip_quoted()?;
        self.rows.push(('s', start, end));
        Some(end)
    }

    /// The end of a line's text, its comment left out.
    fn text_end(&self, from: usize) -> usize {
        let line = &self.lines[self.l];
        let comment = (from..line.len()).find(|i| line[*i] == '#' && *i > from && line[i - 1].is_whitespace());
        let mut end = comment.unwrap_or(line.len());
        while end > from && line[end - 1].is_whitespace() {
            end -= 1;
        }
        end
    }

    fn plain(&mut self, indent: isize) -> Option<Place> {
        let start = self.here();
        let mut end = (self.l + 1, self.text_end(self.c) + 1);
        let commented = end.1 - 1 < self.lines[self.l].iter().rposition(|c| !c.is_whitespace()).map_or(0, |p| p + 1);
        self.next_line();
        while !commented && self.l < self.lines.len() {
            let first = self.lines[self.l].iter().position(|c| !c.is_whitespace());
            match first {
                None => {}
                Some(at)
                    if isize::try_from(at).unwrap() > indent && self.lines[self.l][at] != '#' && !self.marker() =>
                {
                    end = (self.l + 1, self.text_end(at) + 1);
                }
                Some(_) => break,
            }
            self.next_line();
        }
        self.rows.push(('s', start, end));
        Some(end)
    }

    fn block_scalar(&mut self, indent: isize) -> Option<Place> {
        let start = self.here();
        let header: String = self.lines[self.l][self.c..].iter().take_while(|c| !c.is_whitespace()).collect();
        let mut end = (self.l + 1, self.c + header.len() + 1);
        self.next_line();
        while let Some(line) = self.lines.get(self.l) {
            let first = line.iter().position(|c| *c != ' ');
            let blank = line.iter().all(|c| c.is_whitespace());
            if !blank && first.is_some_and(|at| isize::try_from(at).unwrap() <= indent || self.marker() && at == 0) {
                break;
            }
            if !blank {
                end = (self.l + 1, line.iter().rposition(|c| !c.is_whitespace()).unwrap() + 2);
            }
            self.next_line();
        }
        self.rows.push(('s', start, end));
        Some(end)
    }

    fn flow(&mut self) -> Option<Place> {
        let (start, at) = (self.here(), self.rows.len());
        let open = self.peek(0)?;
        let close = if open == '{' { '}' } else { ']' };
        self.rows.push((if open == '{' { 'm' } else { 'l' }, start, start));
        self.c += 1;
        loop {
            self.blank();
            if self.peek(0)? == close {
                self.c += 1;
                self.rows[at].2 = self.here();
                return Some(self.here());
            }
            if open == '{' {
                match self.peek(0)? {
                    '"' | '\'' => {
                        self.skip_quoted()?;
                    }
                    '?' | '&' | '*' | '!' | '{' | '[' | '<' => return None,
                    _ => {
                        while !matches!(self.peek(0)?, ':' | ',' | '}') || self.peek(0)? == ':' && !self.flow_colon() {
                            self.c += 1;
                        }
                    }
                }
                self.blank();
                if self.peek(0)? != ':' {
                    return None;
                }
                self.c += 1;
            }
            self.flow_value()?;
            self.blank();
            if self.peek(0)? == ',' {
                self.c += 1;
            }
        }
    }

    fn flow_colon(&self) -> bool {
        self.space_at(1) || matches!(self.peek(1), Some(',' | '}' | ']'))
    }

    fn flow_value(&mut self) -> Option<()> {
        let implied = self.here();
        self.blank();
        match self.peek(0)? {
            '{' | '[' => self.flow().map(|_| ()),
            '"' | '\'' => self.quoted().map(|_| ()),
            '&' | '*' | '!' | '?' => None,
            ',' | '}' | ']' => {
                self.rows.push(('s', implied, implied));
                Some(())
            }
            _ => {
                let start = self.here();
                while let Some(c) = self.peek(0) {
                    if matches!(c, ',' | '}' | ']' | '{' | '[') || c == '#' && self.space_before() {
                        break;
                    }
                    if c == ':' && self.flow_colon() {
                        return None;
                    }
                    self.c += 1;
                }
                // A text over several lines is more than this reader knows.
                self.peek(0)?;
                while self.space_before() {
                    self.c -= 1;
                }
                self.rows.push(('s', start, self.here()));
                Some(())
            }
        }
    }

    fn space_before(&self) -> bool {
        self.c > 0 && self.lines[self.l][self.c - 1].is_whitespace()
    }
}
