//! Grounds of about one tone that hang together, decided as one: white where dark strokes stand on them, black where light ones
//! do, else by how dark they are.

use super::ground::{Plane, Tile};

/// Neighbours of a ground differ by less: light falls off slowly.
const SAME: u8 = 11;
/// The lightest and darkest of a ground that is a gradient differ by more.
const GRADIENT: u8 = 64;
/// One in so many tiles of a gradient differs from its neighbour; of grounds that only touch each other, fewer do.
const SLOPES: usize = 6;
/// A ground for light strokes has as many tiles.
const TILES_MIN: usize = 16;
/// In what was drawn by a program, a ground this dark has no dark strokes, whatever it looks like.
const DARK: usize = 64;
/// Tiles along a side from which on a picture may be the scan of a page.
const SCAN: usize = 90;
/// Tiles that a scanner shows beyond the edge of a sheet.
const BEYOND: usize = 15;

/// A ground: tiles of about one tone that hang together.
#[derive(Clone, Copy, Default)]
struct Area {
    tiles: usize,
    levels: usize,
    /// Tiles with dark strokes on it, and with light ones.
    dark: usize,
    light: usize,
    /// Tiles without strokes.
    plain: usize,
    /// Tiles that differ from the next one to the right, or below.
    slopes: usize,
    darkest: u8,
    lightest: u8,
    /// It reaches the edge of the picture, and this far from it.
    at_edge: bool,
    depth: usize,
}

impl Area {
    fn level(&self) -> usize {
        self.levels / self.tiles.max(1)
    }

    /// Close print seems to be a ground of its own tone, but there is none without strokes.
    fn is_print(&self) -> bool {
        self.plain * 12 < self.tiles
    }

    fn is_gradient(&self) -> bool {
        let wide = self.lightest - self.darkest > GRADIENT && self.slopes * SLOPES >= self.tiles;
        wide && self.plain * 50 > self.tiles * 49
    }
}

/// What becomes of an area.
#[derive(Clone, Copy, Default)]
struct Decided {
    black: bool,
    /// It is none of the sheet's.
    beyond: bool,
    gradient: bool,
    /// The tone of the ground it lies on, if it has none of its own.
    level: Option<u8>,
}

/// Says of each tile what its ground becomes; the tone of the paper.
pub(super) fn decide(tiles: &mut Plane<Tile>, floor: u8, noisy: bool) -> u8 {
    let (area_of, areas) = areas(tiles, floor);
    // The lightest ground of some size is the paper.
    let large = tiles.values.len() / 50;
    let is_gradient = |area: &Area| !noisy && area.is_gradient();
    let level = |area: &Area| if is_gradient(area) { usize::from(area.lightest) } else { area.level() };
    let paper = areas.iter().filter(|area| area.tiles >= large.max(1)).map(level).max().unwrap_or(255).max(60);
    // Both at most 255.
    let half = (paper * 45 / 100) as u8;
    let scan = noisy && tiles.width >= SCAN && tiles.height >= SCAN;
    let mut decided: Vec<Decided> = areas
        .iter()
        .map(|area| {
            let level = area.level();
            let is_lit = area.light >= 3 && area.light > area.dark * 2 && level * 100 < paper * 85;
            let black = if area.light * 2 > area.tiles && (area.tiles < TILES_MIN || area.is_print()) {
                false
            } else if is_lit || !noisy && level < DARK {
                true
            } else if area.dark >= 3 && area.dark > area.light {
                false
            } else {
                level < usize::from(half)
            };
            // What lies beside the sheet on a scanner's glass.
            let beyond = scan && black && area.at_edge && area.depth <= BEYOND && area.light < 3;
            Decided { black: black && !beyond, beyond, gradient: is_gradient(area), level: None }
        })
        .collect();
    for (number, host) in hosts(&area_of, tiles.width, &areas).into_iter().enumerate() {
        let host = host.and_then(|host| Some((decided.get(host)?.black, areas.get(host)?)));
        if let (Some(decided), Some((black, host))) = (decided.get_mut(number), host)
            && (black || !decided.black)
        {
            // At most 255.
            *decided = Decided { black, level: Some(host.level() as u8), ..Decided::default() };
        }
    }
    apply(tiles, &area_of, &decided, (floor, half));
    paper as u8
}

/// The areas, and of which each tile is.
fn areas(tiles: &Plane<Tile>, floor: u8) -> (Vec<usize>, Vec<Area>) {
    let (width, height) = (tiles.width, tiles.height);
    let mut area_of = vec![usize::MAX; tiles.values.len()];
    let mut areas: Vec<Area> = Vec::new();
    let mut open = Vec::new();
    for start in 0..tiles.values.len() {
        if area_of.get(start).is_none_or(|&area| area != usize::MAX) {
            continue;
        }
        let mut area = Area { darkest: 255, ..Area::default() };
        open.push(start);
        if let Some(mark) = area_of.get_mut(start) {
            *mark = areas.len();
        }
        while let Some(at) = open.pop() {
            let Some(&tile) = tiles.values.get(at) else { continue };
            area.tiles += 1;
            area.levels += usize::from(tile.level);
            area.dark += usize::from(!tile.on_dark && tile.dark >= floor);
            area.light += usize::from(tile.on_dark && tile.light >= floor);
            area.darkest = area.darkest.min(tile.level);
            area.lightest = area.lightest.max(tile.level);
            area.plain += usize::from(tile.dark < floor && tile.light < floor);
            let (x, y) = (at % width, at / width);
            let depth = x.min(width - 1 - x).min(y).min(height - 1 - y);
            area.at_edge |= depth == 0;
            area.depth = area.depth.max(depth);
            let (right, below) = ((x + 1 < width).then_some(at + 1), (y + 1 < height).then_some(at + width));
            let (left, above) = ((x > 0).then(|| at - 1), (y > 0).then(|| at - width));
            let level = |at: Option<usize>| at.and_then(|at| tiles.values.get(at)).map(|tile| tile.level);
            area.slopes += usize::from([right, below].into_iter().filter_map(level).any(|next| next != tile.level));
            for next in [left, right, above, below].into_iter().flatten() {
                let same = level(Some(next)).is_some_and(|next| next.abs_diff(tile.level) <= SAME);
                if let Some(mark) = area_of.get_mut(next)
                    && same
                    && *mark == usize::MAX
                {
                    *mark = areas.len();
                    open.push(next);
                }
            }
        }
        areas.push(area);
    }
    (area_of, areas)
}

/// For each area that is print, the one most of its border is shared with. Print within print has the host of that.
fn hosts(area_of: &[usize], width: usize, areas: &[Area]) -> Vec<Option<usize>> {
    let print: Vec<bool> = areas.iter().map(Area::is_print).collect();
    let mut hosts = vec![None; areas.len()];
    for _ in 0..2 {
        // The vote of Boyer and Moore.
        let mut votes = vec![(None, 0usize); areas.len()];
        let mut vote = |area: usize, next: usize| {
            let host = if print.get(next) == Some(&true) { hosts.get(next).copied().flatten() } else { Some(next) };
            if let (Some((leader, ahead)), Some(true), Some(host)) = (votes.get_mut(area), print.get(area), host) {
                match *ahead {
                    0 => (*leader, *ahead) = (Some(host), 1),
                    _ if *leader == Some(host) => *ahead += 1,
                    _ => *ahead -= 1,
                }
            }
        };
        for (at, &area) in area_of.iter().enumerate() {
            let right = area_of.get(at + 1).filter(|_| (at + 1) % width != 0);
            for &next in right.into_iter().chain(area_of.get(at + width)) {
                if next != area {
                    vote(area, next);
                    vote(next, area);
                }
            }
        }
        for (host, (leader, _)) in hosts.iter_mut().zip(votes) {
            *host = host.or(leader);
        }
    }
    hosts
}

/// Writes down at each tile what was decided. `floor` and `half` are the least contrast of a stroke, and half of the paper.
fn apply(tiles: &mut Plane<Tile>, area_of: &[usize], decided: &[Decided], (floor, half): (u8, u8)) {
    let (width, height) = (tiles.width, tiles.height);
    let decided = |x: usize, y: usize| {
        (x < width && y < height)
            .then(|| area_of.get(y * width + x).and_then(|&area| decided.get(area)).copied().unwrap_or_default())
    };
    for y in 0..height {
        for x in 0..width {
            let Some(Decided { black, gradient, level, .. }) = decided(x, y) else { continue };
            let mut strength = 0;
            let mut beyond = false;
            for y in y.saturating_sub(1)..=y + 1 {
                for x in x.saturating_sub(1)..=x + 1 {
                    let Some(near) = decided(x, y) else { continue };
                    let tile = tiles.at(x, y);
                    beyond |= near.beyond;
                    strength = strength.max(match (black, tile.on_dark) {
                        (false, _) => tile.dark,
                        (true, true) => tile.light,
                        (true, false) => 0,
                    });
                }
            }
            if let Some(tile) = tiles.values.get_mut(y * width + x) {
                tile.black = black;
                tile.gradient = gradient;
                tile.strength = strength;
                tile.level = level.unwrap_or(tile.level);
                tile.below = if black {
                    half.max(tile.level.saturating_add((strength / 2).max(floor + floor / 4)))
                } else if beyond {
                    0
                } else {
                    half.min(tile.level.saturating_sub(floor))
                };
            }
        }
    }
}
