//! Which line a number takes: the longest configured prefix wins.

/// Prefixes (of `00` + digits; the empty one takes any number) and their lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Routes {
    /// Longest prefix first.
    prefixes: Vec<(String, String)>,
}

impl Routes {
    /// From pairs of prefix and line name. Of equal prefixes the first stands.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Routes {
        let mut prefixes: Vec<_> = pairs.into_iter().collect();
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Routes { prefixes }
    }

    /// The line for a number, if one leads there.
    pub fn line(&self, dial: &str) -> Option<&str> {
        self.prefixes.iter().find(|(prefix, _)| dial.starts_with(prefix.as_str())).map(|(_, line)| line.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let routes = [("0049", "germany"), ("", "world"), ("004989", "munich")];
        let routes = Routes::new(routes.map(|(prefix, line)| (prefix.to_owned(), line.to_owned())));
        assert_eq!(routes.line("0049891"), Some("munich"));
        assert_eq!(routes.line("0049301"), Some("germany"));
        assert_eq!(routes.line("00331"), Some("world"));
        assert_eq!(Routes::default().line("00331"), None);
    }
}
