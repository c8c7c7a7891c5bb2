//! Which time zones a number may be in: a country's, or where it has several, its area's.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

/// The IANA names of the zones that a number to dial (`00` + digits) may be in; none where that is not known.
pub fn zone_names(dial: &str) -> &'static [&'static str] {
    let digits = dial.strip_prefix("00").unwrap_or(dial);
    let named = |length| MAP.zones(digits.get(..length)?);
    (1..=MAP.longest).rev().find_map(named).unwrap_or_default()
}

/// The same as zones to reckon with.
pub fn zones(dial: &str) -> Vec<TimeZone> {
    zone_names(dial).iter().filter_map(|name| TimeZone::get(name).ok()).collect()
}

static MAP: LazyLock<Map> = LazyLock::new(|| Map::read(include_str!("zones.txt")));

/// Prefixes in order, each with the number of its line.
struct Map {
    prefixes: Vec<(&'static str, usize)>,
    lines: Vec<Vec<&'static str>>,
    longest: usize,
}

impl Map {
    /// From lines of zones, a colon and prefixes; see `scripts/zones.py`.
    fn read(text: &'static str) -> Map {
        let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
        let mut map = Map { prefixes: Vec::new(), lines: Vec::new(), longest: 0 };
        for (zones, prefixes) in lines {
            let line = map.lines.len();
            map.prefixes.extend(prefixes.split_ascii_whitespace().map(|prefix| (prefix, line)));
            map.lines.push(zones.split_ascii_whitespace().collect());
        }
        map.prefixes.sort_unstable();
        map.longest = map.prefixes.iter().map(|(prefix, _)| prefix.len()).max().unwrap_or_default();
        map
    }

    fn zones(&self, prefix: &str) -> Option<&[&'static str]> {
        let at = self.prefixes.binary_search_by(|(other, _)| (*other).cmp(prefix)).ok()?;
        let (_, line) = self.prefixes.get(at)?;
        self.lines.get(*line).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_zones_of_its_country_or_area() {
        for (dial, expected) in [
            ("004989123456", "Europe/Berlin"),
            ("00498999486", "Europe/Berlin"),
            ("0043123456", "Europe/Vienna"),
            ("00390612345678", "Europe/Rome"),
            ("0012125551000", "America/New_York"),
            ("0013125551000", "America/Chicago"),
            ("0014155551000", "America/Los_Angeles"),
            ("0018085551000", "Pacific/Honolulu"),
            ("0016045551000", "America/Vancouver"),
            ("0017095551000", "America/Halifax America/St_Johns"),
            ("0074951234567", "Europe/Moscow"),
            ("0061892345678", "Australia/Adelaide Australia/Perth"),
            ("0061291234567", "Australia/Sydney"),
            ("005511123456789", "America/Sao_Paulo"),
            ("00559212345678", "America/Manaus"),
            ("00525512345678", "America/Mexico_City"),
            ("00526641234567", "America/Tijuana"),
            ("0034911234567", "Europe/Madrid"),
            ("0034928123456", "Atlantic/Canary"),
            // Nobody's, everybody's, nothing.
            ("0099912399486", ""),
            ("0080012345678", ""),
            ("00", ""),
            ("", ""),
            ("00é", ""),
        ] {
            assert_eq!(zone_names(dial).join(" "), expected, "{dial}");
        }
        assert!(zone_names("0018005551000").len() > 10, "a toll-free number may be anywhere in North America");
    }

    #[test]
    fn every_zone_of_the_map_is_known() {
        assert!(MAP.prefixes.len() > 3000 && MAP.prefixes.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for name in MAP.lines.iter().flatten() {
            assert!(TimeZone::get(name).is_ok(), "{name}");
        }
        assert_eq!(zones("004989123"), [TimeZone::get("Europe/Berlin").unwrap()]);
    }
}
