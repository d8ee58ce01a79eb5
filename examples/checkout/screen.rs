//! Cold. The terminal: a table redrawn in place with events scrolling above it, or plain lines now and then.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::table::Ink;

/// Where the run is shown.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The table is drawn over itself; `height` rows of it stand now.
    Terminal { height: usize, ink: Ink },
    /// A table each `pause`; the next one at `due`.
    Plain { pause: Duration, due: Duration },
}

impl Screen<io::Stdout> {
    /// The standard output, with colours where they are seen and wanted.
    pub(crate) fn stdout(length: Duration) -> Self {
        let out = io::stdout();
        let asked = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_dumb = asked("TERM").is_some_and(|term| term == "dumb");
        if !out.is_terminal() || is_dumb {
            return Self::plain(out, length);
        }
        let ink = if asked("NO_COLOR").is_some() { Ink::Plain } else { Ink::Coloured };
        Self { out, kind: Kind::Terminal { height: 0, ink } }
    }
}

impl<W: Write> Screen<W> {
    /// Without redrawing: some twenty tables in a run of this length, and at most one each two seconds.
    pub(crate) fn plain(out: W, length: Duration) -> Self {
        let pause = (length / 20).max(Duration::from_secs(2));
        Self { out, kind: Kind::Plain { pause, due: Duration::ZERO } }
    }

    pub(crate) const fn ink(&self) -> Ink {
        match self.kind {
            Kind::Terminal { ink, .. } => ink,
            Kind::Plain { .. } => Ink::Plain,
        }
    }

    /// Lines that stay.
    pub(crate) fn say<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) -> io::Result<()> {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_some() {
            self.wipe()?;
        }
        lines.try_for_each(|line| writeln!(self.out, "{}", line.as_ref()))?;
        self.out.flush()
    }

    /// The table as it is `now`, over the one before.
    pub(crate) fn draw(&mut self, now: Duration, rows: &[String]) -> io::Result<()> {
        self.wipe()?;
        match &mut self.kind {
            Kind::Terminal { height, .. } => {
                *height = rows.len();
                // Rows that are too long for the terminal are cut, else they would take more lines than counted.
                write!(self.out, "\x1b[?7l")?;
                rows.iter().try_for_each(|row| writeln!(self.out, "{row}"))?;
                write!(self.out, "\x1b[?7h")?;
            }
            Kind::Plain { pause, due } if now >= *due => {
                *due = now + *pause;
                rows.iter().try_for_each(|row| writeln!(self.out, "{row}"))?;
                writeln!(self.out)?;
            }
            Kind::Plain { .. } => {}
        }
        self.out.flush()
    }

    fn wipe(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Terminal { height, .. } if *height > 0 => {
                write!(self.out, "\x1b[{height}A\x1b[J")?;
                *height = 0;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn without_a_terminal_there_are_tables_now_and_then_and_no_control_characters() {
        let mut screen = Screen::plain(Vec::new(), 60 * SECOND);
        for second in 0..6 {
            screen.draw(second * SECOND, &[format!("table {second}")]).unwrap();
        }
        screen.say(["event"]).unwrap();
        let text = String::from_utf8(screen.out).unwrap();
        assert_eq!(text, "table 0\n\ntable 3\n\nevent\n");
    }

    #[test]
    fn on_a_terminal_the_table_is_drawn_over_itself_and_events_scroll_above_it() {
        let kind = Kind::Terminal { height: 0, ink: Ink::Coloured };
        let mut screen = Screen { out: Vec::new(), kind };
        let table = ["head".to_owned(), "row".to_owned()];
        screen.draw(SECOND, &table).unwrap();
        screen.say(["event"]).unwrap();
        screen.draw(SECOND, &table).unwrap();
        screen.draw(SECOND, &table).unwrap();
        let text = String::from_utf8(screen.out).unwrap();
        let drawn = "\x1b[?7lhead\nrow\n\x1b[?7h";
        assert_eq!(text, format!("{drawn}\x1b[2A\x1b[Jevent\n{drawn}\x1b[2A\x1b[J{drawn}"));
    }
}
