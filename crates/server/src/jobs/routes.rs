//! Which line a number takes, and how many calls may lead where.

/// Lines by the prefixes of numbers (`00` + digits; the empty one takes any number), and limits by prefixes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Routes {
    /// Longest prefix first.
    prefixes: Vec<(String, String)>,
    /// Longest prefix first.
    limits: Vec<(String, u32)>,
    /// The line of customers in test mode.
    test: Option<String>,
}

/// Where a call goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route<'a> {
    /// None leads there.
    pub line: Option<&'a str>,
    /// The prefix whose limit holds; empty if none does.
    pub destination: &'a str,
}

impl Routes {
    /// From pairs of prefix and line name. Of equal prefixes the first stands.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Routes {
        Routes { prefixes: longest_first(pairs), ..Routes::default() }
    }

    /// With so many calls at the same time, on all lines together, to numbers with these prefixes.
    pub fn limited(self, limits: impl IntoIterator<Item = (String, u32)>) -> Routes {
        Routes { limits: longest_first(limits), ..self }
    }

    /// With the line that every call of a customer in test mode takes. It leaves no house.
    pub fn tested_by(self, line: &str) -> Routes {
        Routes { test: Some(line.to_owned()), ..self }
    }

    /// The way to a number, for a customer who may be in test mode.
    pub fn route(&self, dial: &str, test_mode: bool) -> Route<'_> {
        if test_mode {
            return Route { line: self.test.as_deref(), destination: "" };
        }
        let limit = self.limits.iter().find(|(prefix, _)| dial.starts_with(prefix.as_str()));
        Route { line: self.lines(dial).next(), destination: limit.map_or("", |(prefix, _)| prefix) }
    }

    /// Another line to the number: of all that lead there the one after this, the longest prefix first.
    pub fn other(&self, dial: &str, line: &str) -> Option<&str> {
        let mut lines: Vec<&str> = Vec::new();
        for name in self.lines(dial) {
            if !lines.contains(&name) {
                lines.push(name);
            }
        }
        let here = lines.iter().position(|name| *name == line)?;
        lines.get((here + 1) % lines.len()).copied().filter(|other| *other != line)
    }

    /// Whether there is a line for customers in test mode.
    pub fn has_test(&self) -> bool {
        self.test.is_some()
    }

    /// Whether a line is that of customers in test mode.
    pub fn is_test(&self, line: &str) -> bool {
        self.test.as_deref() == Some(line)
    }

    /// How many calls at the same time numbers of this destination may have.
    pub fn channels(&self, destination: &str) -> Option<u32> {
        self.limits.iter().find(|(prefix, _)| !destination.is_empty() && prefix == destination).map(|(_, most)| *most)
    }

    fn lines(&self, dial: &str) -> impl Iterator<Item = &str> {
        self.prefixes.iter().filter(move |(prefix, _)| dial.starts_with(prefix.as_str())).map(|(_, line)| line.as_str())
    }
}

fn longest_first<T>(pairs: impl IntoIterator<Item = (String, T)>) -> Vec<(String, T)> {
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(pairs: &[(&str, &str)]) -> Routes {
        Routes::new(pairs.iter().map(|(prefix, line)| ((*prefix).to_owned(), (*line).to_owned())))
    }

    #[test]
    fn the_longest_prefix_wins() {
        let routes = routes(&[("0049", "germany"), ("", "world"), ("004989", "munich")]);
        let line = |dial| routes.route(dial, false).line;
        assert_eq!(line("0049891"), Some("munich"));
        assert_eq!(line("0049301"), Some("germany"));
        assert_eq!(line("00331"), Some("world"));
        assert_eq!(Routes::default().route("00331", false).line, None);
    }

    #[test]
    fn another_line_is_the_next_that_leads_there() {
        let routes = routes(&[("0049", "germany"), ("", "world"), ("004989", "munich"), ("0033", "france")]);
        assert_eq!(routes.other("0049891", "munich"), Some("germany"));
        assert_eq!(routes.other("0049891", "world"), Some("munich"));
        assert_eq!(routes.other("00331", "world"), Some("france"));
        assert_eq!(routes.other("00431", "world"), None);
        assert_eq!(routes.other("00431", "germany"), None);
    }

    #[test]
    fn the_longest_limit_holds() {
        let routes = routes(&[("", "world")]).limited([("0033".to_owned(), 5), ("00331".to_owned(), 1)]);
        assert_eq!(routes.route("003312", false).destination, "00331");
        assert_eq!((routes.channels("00331"), routes.channels("0033"), routes.channels("")), (Some(1), Some(5), None));
        assert_eq!(routes.route("0049", false).destination, "");
    }

    #[test]
    fn test_mode_leaves_no_house() {
        let routes = routes(&[("", "world")]).limited([(String::from("00"), 1)]).tested_by("box");
        assert_eq!(routes.route("0049", true), Route { line: Some("box"), destination: "" });
        assert!(routes.is_test("box") && !routes.is_test("world"));
    }
}
