//! From outlines to pels.
//!
//! An outline becomes crossings with several lines per row; between crossings that are inside lies a span, whose share of each pel
//! is counted exactly along the line. So the coverage of a pel is known, and [`choose`] makes it ink or not: half covered is
//! ink, and so is the ridge of a stroke too thin to cover half of any pel, so that no stroke is dropped and no counter closed.
//!
//! Large simple shapes have no ridges; for them only the spans are looked at, never every pel.

use hayro::hayro_interpret::FillRule;
use hayro::kurbo::{PathEl, Point};

use super::region::{Builder, Region, Run};

/// Lines looked at per row.
const LINES: i32 = 4;
/// Parts of a pel along the line.
const UNIT: i32 = 256;
const WHOLE_BITS: u32 = (LINES * UNIT).ilog2();
/// How far from the curve a flattened one may be, in pels.
pub(crate) const TOLERANCE: f64 = 0.08;
/// Crossings kept at a time; more are worked on in bands of rows.
const CROSSINGS_MAX: usize = 2_000_000;
/// A shape with fewer pels per crossing is looked at pel by pel.
const PELS_PER_CROSSING: usize = 48;

/// Where an outline may lie, and how its coverage was found: room that is used again and again.
#[derive(Default)]
pub(crate) struct Raster {
    edges: Vec<Edge>,
    /// Place and direction, line by line; where each line's begin, and a place more.
    crossings: Vec<u32>,
    lines: Vec<u32>,
    spans: Vec<(i32, i32)>,
    sums: Vec<i32>,
    cover: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Edge {
    from: Point,
    to: Point,
    up: bool,
}

/// Columns and rows within which pels are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    pub(crate) columns: (i32, i32),
    pub(crate) rows: (i32, i32),
}

impl Bounds {
    fn width(self) -> usize {
        usize::try_from(self.columns.1 - self.columns.0).unwrap_or(0)
    }

    fn height(self) -> usize {
        usize::try_from(self.rows.1 - self.rows.0).unwrap_or(0)
    }

    fn intersect(self, other: Bounds) -> Bounds {
        Bounds {
            columns: (self.columns.0.max(other.columns.0), self.columns.1.min(other.columns.1)),
            rows: (self.rows.0.max(other.rows.0), self.rows.1.min(other.rows.1)),
        }
    }
}

/// The coverage of pels, 0 to 255, row by row.
pub(crate) struct Cover<'a> {
    pub(crate) bounds: Bounds,
    pub(crate) pels: &'a [u8],
}

impl Raster {
    /// The pels of a filled outline, given in pels.
    pub(crate) fn fill(&mut self, path: impl IntoIterator<Item = PathEl>, rule: FillRule, within: Bounds) -> Region {
        let Some(bounds) = self.edges_of(path, within) else { return Region::rectangle((0, 0), (0, 0)) };
        let crossings: f64 = self.edges.iter().map(|edge| (edge.to.y - edge.from.y) * f64::from(LINES)).sum();
        let pels = bounds.width() * bounds.height();
        // Cast saturates.
        if pels <= (crossings as usize).saturating_mul(PELS_PER_CROSSING) {
            self.count(bounds, rule);
            choose(&Cover { bounds, pels: &self.cover }, Ink::SHAPE)
        } else {
            self.simple(bounds, rule)
        }
    }

    /// The coverage of a filled outline's pels. `None` if there are none.
    pub(crate) fn cover(
        &mut self,
        path: impl IntoIterator<Item = PathEl>,
        rule: FillRule,
        within: Bounds,
    ) -> Option<Cover<'_>> {
        let bounds = self.edges_of(path, within)?;
        self.count(bounds, rule);
        Some(Cover { bounds, pels: &self.cover })
    }

    /// Collects the edges; the bounds of what is to be seen of them.
    fn edges_of(&mut self, path: impl IntoIterator<Item = PathEl>, within: Bounds) -> Option<Bounds> {
        self.edges.clear();
        let (mut start, mut last) = (Point::ZERO, Point::ZERO);
        let (mut low, mut high) = (Point::new(f64::MAX, f64::MAX), Point::new(f64::MIN, f64::MIN));
        let edges = &mut self.edges;
        let mut line = |from: Point, to: Point| {
            if !(from.is_finite() && to.is_finite()) {
                return;
            }
            low = Point::new(low.x.min(from.x).min(to.x), low.y.min(from.y).min(to.y));
            high = Point::new(high.x.max(from.x).max(to.x), high.y.max(from.y).max(to.y));
            let up = from.y > to.y;
            let (from, to) = if up { (to, from) } else { (from, to) };
            let (first, end) = (f64::from(within.rows.0), f64::from(within.rows.1));
            if from.y < to.y && to.y > first && from.y < end {
                // Only the part within the rows is kept.
                let slope = (to.x - from.x) / (to.y - from.y);
                let at = |y: f64| Point::new(from.x + (y - from.y) * slope, y);
                let top = if from.y < first { at(first) } else { from };
                let bottom = if to.y > end { at(end) } else { to };
                edges.push(Edge { from: top, to: bottom, up });
            }
        };
        hayro::kurbo::flatten(path, TOLERANCE, |element| match element {
            PathEl::MoveTo(to) => {
                if last != start {
                    line(last, start);
                }
                (start, last) = (to, to);
            }
            PathEl::LineTo(to) => {
                line(last, to);
                last = to;
            }
            PathEl::ClosePath => {
                line(last, start);
                last = start;
            }
            PathEl::QuadTo(..) | PathEl::CurveTo(..) => {}
        });
        if last != start {
            line(last, start);
        }
        if self.edges.is_empty() {
            return None;
        }
        // Casts saturate.
        let bounds = Bounds {
            columns: (low.x.floor() as i32, (high.x.ceil() as i32).max(low.x.floor() as i32)),
            rows: (low.y.floor() as i32, high.y.ceil() as i32),
        }
        .intersect(within);
        (bounds.width() > 0 && bounds.height() > 0).then_some(bounds)
    }

    /// The crossings of some rows, sorted along each line.
    fn cross(&mut self, bounds: Bounds, rows: (i32, i32)) {
        let (low, high) = (bounds.columns.0 * UNIT, bounds.columns.1 * UNIT);
        let first_line = rows.0 * LINES;
        let count = (rows.1 - rows.0) * LINES;
        let of_edge = |edge: &Edge| {
            // Casts saturate; edges end within the rows.
            let line = |y: f64| ((y * f64::from(LINES) - 0.5).ceil() as i32 - first_line).clamp(0, count);
            line(edge.from.y)..line(edge.to.y)
        };
        // How many a line has; then where the next of it goes.
        self.lines.clear();
        self.lines.resize(count as usize + 1, 0);
        for edge in &self.edges {
            let range = of_edge(edge);
            for line in
                self.lines.get_mut(range.start as usize..range.end.max(range.start) as usize).unwrap_or_default()
            {
                *line += 1;
            }
        }
        let mut all = 0;
        for line in &mut self.lines {
            (*line, all) = (all, all + *line);
        }
        self.crossings.clear();
        self.crossings.resize(all as usize, 0);
        for edge in &self.edges {
            let range = of_edge(edge);
            if range.is_empty() {
                continue;
            }
            let slope = (edge.to.x - edge.from.x) / (edge.to.y - edge.from.y);
            let step = slope / f64::from(LINES) * f64::from(UNIT);
            let first_y = (f64::from(first_line + range.start) + 0.5) / f64::from(LINES);
            let mut x = (edge.from.x + (first_y - edge.from.y) * slope) * f64::from(UNIT);
            for line in self.lines.get_mut(range.start as usize..range.end as usize).unwrap_or_default() {
                // Not negative, and 31 bits at most: the bounds are a page's, or a stamp's.
                let place = ((x + 0.5).floor() as i32).clamp(low, high) - low;
                if let Some(crossing) = self.crossings.get_mut(*line as usize) {
                    *crossing = (place as u32) << 1 | u32::from(edge.up);
                }
                *line += 1;
                x += step;
            }
        }
        // Each line's place is now its end.
        let mut from = 0;
        for &end in &self.lines {
            if let Some(line @ [_, _, ..]) = self.crossings.get_mut(from as usize..end as usize) {
                if let [a, b] = line {
                    if a > b {
                        std::mem::swap(a, b);
                    }
                } else {
                    line.sort_unstable();
                }
            }
            from = end;
        }
    }

    /// How many rows can be worked on at a time.
    fn band(&self, bounds: Bounds) -> i32 {
        let rows = bounds.height().max(1);
        let crossings: f64 = self.edges.iter().map(|edge| (edge.to.y - edge.from.y) * f64::from(LINES) + 1.0).sum();
        let per_row = (crossings as usize / rows).max(1);
        i32::try_from((CROSSINGS_MAX / per_row).clamp(1, rows)).unwrap_or(1)
    }

    /// Calls `see` with the row and its spans, in order along each line looked at.
    fn each_row(&mut self, bounds: Bounds, rule: FillRule, mut see: impl FnMut(i32, &[(i32, i32)], &mut Vec<i32>)) {
        let band = self.band(bounds);
        let mut top = bounds.rows.0;
        let mut spans = std::mem::take(&mut self.spans);
        let mut sums = std::mem::take(&mut self.sums);
        while top < bounds.rows.1 {
            let bottom = top.saturating_add(band).min(bounds.rows.1);
            self.cross(bounds, (top, bottom));
            let mut from = 0;
            for (y, ends) in (top..bottom).zip(self.lines.chunks(LINES as usize)) {
                spans.clear();
                for &end in ends {
                    inside(self.crossings.get(from as usize..end as usize).unwrap_or_default(), rule, &mut spans);
                    from = end;
                }
                see(y, &spans, &mut sums);
            }
            top = bottom;
        }
        (self.spans, self.sums) = (spans, sums);
    }

    fn count(&mut self, bounds: Bounds, rule: FillRule) {
        let mut cover = std::mem::take(&mut self.cover);
        cover.clear();
        cover.reserve(bounds.width() * bounds.height());
        let width = bounds.width();
        self.each_row(bounds, rule, |_, spans, sums| {
            if spans.is_empty() {
                cover.resize(cover.len() + width, 0);
                return;
            }
            sums.clear();
            sums.resize(width + 2, 0);
            for &(from, to) in spans {
                add(sums, from, 1);
                add(sums, to, -1);
            }
            let mut sum = 0;
            let start = cover.len();
            cover.resize(start + width, 0);
            for (to, change) in cover.get_mut(start..).unwrap_or_default().iter_mut().zip(sums.iter()) {
                sum += change;
                // At most 255: a whole pel is `LINES` × `UNIT`, 1024.
                *to = ((sum * 255) >> WHOLE_BITS) as u8;
            }
        });
        self.cover = cover;
    }

    /// A pel is ink where half of the lines are inside; nothing is lost of a shape that is thick all over.
    fn simple(&mut self, bounds: Bounds, rule: FillRule) -> Region {
        let mut build = Builder::new(u32::try_from(bounds.rows.0).unwrap_or(0));
        let left = bounds.columns.0;
        let column = |place: i32| u16::try_from(left + (place + UNIT / 2).div_euclid(UNIT)).unwrap_or(0);
        let mut ends: Vec<(i32, i32)> = Vec::new();
        self.each_row(bounds, rule, |y, spans, _| {
            build.advance(u32::try_from(y).unwrap_or(0));
            ends.clear();
            ends.extend(spans.iter().flat_map(|&(from, to)| [(from, -1), (to, 1)]));
            ends.sort_unstable();
            let (mut depth, mut since) = (0, 0);
            for &(place, leaves) in &ends {
                let before = depth;
                depth -= leaves;
                if before < LINES / 2 && depth >= LINES / 2 {
                    since = place;
                } else if before >= LINES / 2 && depth < LINES / 2 {
                    let (from, to) = (column(since), column(place));
                    build.push((from, if to > from { to } else { from.saturating_add(u16::from(place > since)) }));
                }
            }
        });
        build.finish()
    }
}

/// The spans of a line that are inside.
fn inside(crossings: &[u32], rule: FillRule, spans: &mut Vec<(i32, i32)>) {
    let (mut winding, mut since) = (0, 0);
    for key in crossings {
        // 31 bits.
        let place = (key >> 1) as i32;
        let was = winding;
        winding = match rule {
            FillRule::NonZero if key & 1 == 1 => winding - 1,
            FillRule::NonZero => winding + 1,
            FillRule::EvenOdd => 1 - winding,
        };
        if was == 0 {
            since = place;
        } else if winding == 0 && place > since {
            spans.push((since, place));
        }
    }
}

/// From `place` on there is one more line inside, or one less.
fn add(sums: &mut [i32], place: i32, sign: i32) {
    let (pel, part) = ((place / UNIT) as usize, place % UNIT);
    if let Some([here, next]) = sums.get_mut(pel..pel + 2) {
        *here += sign * (UNIT - part);
        *next += sign * part;
    }
}

/// How much coverage makes ink.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    /// So much does.
    pub(crate) enough: u8,
    /// The ridge of a thin stroke needs so much.
    pub(crate) ridge: u8,
}

impl Ink {
    pub(crate) const SHAPE: Ink = Ink { enough: 128, ridge: 24 };
}

/// The pels that are ink.
pub(crate) fn choose(cover: &Cover<'_>, ink: Ink) -> Region {
    let width = cover.bounds.width();
    let (left, top) = (cover.bounds.columns.0, cover.bounds.rows.0);
    let mut build = Builder::new(u32::try_from(top).unwrap_or(0));
    each_ink_run(cover, ink, width, |y, from, to| {
        build.advance(u32::try_from(top + y as i32).unwrap_or(0));
        let column = |x: usize| u16::try_from(left + x as i32).unwrap_or(0);
        let run: Run = (column(from), column(to));
        build.push(run);
    });
    build.finish()
}

/// Calls `see` with row, first column and the column behind the last of each run of ink.
pub(crate) fn each_ink_run(cover: &Cover<'_>, ink: Ink, width: usize, mut see: impl FnMut(usize, usize, usize)) {
    if width == 0 {
        return;
    }
    let blank = vec![0u8; width];
    let mut rows = cover.pels.chunks_exact(width);
    let (mut above, mut here) = (&blank[..], rows.next().unwrap_or(&blank));
    for y in 0..cover.bounds.height() {
        let below = rows.next().unwrap_or(&blank);
        let mut since = None;
        let mut x = 0;
        while let Some(&pel) = here.get(x) {
            // Eight pels at a time where nothing changes.
            if pel == 0 || pel == 255 {
                let same = if pel == 0 { [0; 8] } else { [255; 8] };
                if since.is_none() == (pel == 0) && here.get(x..x + 8) == Some(&same[..]) {
                    x += 8;
                    continue;
                }
            }
            let black = pel >= ink.enough || (pel >= ink.ridge && is_ridge(pel, x, ink.enough, [above, here, below]));
            match (black, since) {
                (true, None) => since = Some(x),
                (false, Some(from)) => {
                    see(y, from, x);
                    since = None;
                }
                _ => {}
            }
            x += 1;
        }
        if let Some(from) = since {
            see(y, from, width);
        }
        (above, here) = (here, below);
    }
}

/// The middle of a stroke too thin to cover half a pel: lighter on both sides, and going on at least at one end. The soft edge of a
/// bold stroke has ink on one side and nothing on the other.
fn is_ridge(pel: u8, x: usize, enough: u8, [above, here, below]: [&[u8]; 3]) -> bool {
    let at = |row: &[u8], x: Option<usize>| x.and_then(|x| row.get(x)).copied().unwrap_or(0);
    let (up, down) = (at(above, Some(x)), at(below, Some(x)));
    let (left, right) = (at(here, x.checked_sub(1)), at(here, Some(x + 1)));
    let thin = |side: u8| side >= pel / 2 && side < enough;
    let across = |before: u8, after: u8| pel >= before && pel > after && before < enough;
    // A stroke down the page, then one along the line.
    (across(left, right) && (thin(up) || thin(down) || (up < pel / 2 && down < pel / 2)))
        || (across(up, down) && (thin(left) || thin(right)))
}
