//! What is on a page, in order; and how it is drawn once all of it is known.
//!
//! Letters, lines and small shapes are ink: black, or white where the ground they lie on came out black, whatever their own
//! brightness. What has the colour of its ground is not seen on the page and is not drawn.

mod marks;

use std::rc::Rc;

use ferrofax_fax::page::{Bitmap, Resolution, WIDTH_PELS};

use super::ground::{Behind, Colour, Ground, Map, Out, WHITE, decide, draw_lined, fine_rows, is_same, luma};
use super::region::Region;
use crate::ink::stamp::{Stamp, Stroke};

/// What the shapes of a page may take, in bytes; then it is drawn as far as it is known.
const KEPT_MAX: usize = 64 << 20;
/// Pels that are free about letters on a picture or a lined shape.
const ROOM: i32 = 6;

/// A letter at its place.
pub(super) struct Letter {
    pub(super) stamp: Rc<Stamp>,
    pub(super) x: i32,
    pub(super) y: i32,
}

enum Item {
    /// A fill, by its number.
    Ground(u32),
    Letters {
        letters: std::ops::Range<usize>,
        colour: Colour,
        behind: Behind,
    },
    Ink {
        region: Region,
        colour: Colour,
        behind: Behind,
        is_line: bool,
    },
}

/// A page as a list of things.
pub(super) struct Sheet {
    resolution: Resolution,
    rows: u32,
    items: Vec<Item>,
    letters: Vec<Letter>,
    pub(super) grounds: Vec<Ground>,
    map: Map,
    kept: usize,
    /// Pictures, in black and white, at their places.
    pictures: Option<Bitmap>,
    page: Bitmap,
    /// The page without ink; none while all of it is white.
    ground: Option<Bitmap>,
}

impl Sheet {
    pub(super) fn new(rows: u32, resolution: Resolution) -> Sheet {
        Sheet {
            resolution,
            rows,
            items: Vec::new(),
            letters: Vec::new(),
            grounds: Vec::new(),
            map: Map::new(rows, resolution),
            kept: 0,
            pictures: None,
            page: Bitmap::new(WIDTH_PELS, rows),
            ground: None,
        }
    }

    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    pub(super) fn resolution(&self) -> Resolution {
        self.resolution
    }

    pub(super) fn behind(&self, x: i32, y: i32) -> Behind {
        self.map.behind(x, y)
    }

    fn behind_region(&self, region: &Region) -> Behind {
        let (x, y) = middle(region);
        self.map.behind(x, y)
    }

    fn ground_of(&self, behind: Behind) -> Option<&Ground> {
        behind.and_then(|number| self.grounds.get(number as usize))
    }

    /// The colour behind a place.
    pub(super) fn colour_of(&self, behind: Behind) -> Colour {
        self.ground_of(behind).map_or(WHITE, |ground| ground.colour)
    }

    pub(super) fn has_text(&self, region: &Region) -> bool {
        self.map.has_text(region)
    }

    /// Nothing of this colour can be told from what is behind it.
    fn is_unseen(&self, colour: Colour, behind: Behind) -> bool {
        match self.ground_of(behind) {
            Some(ground) => !ground.is_picture && !ground.mixed && is_same(colour, ground.colour),
            None => is_same(colour, WHITE),
        }
    }

    fn vote(&mut self, behind: Behind, colour: Colour, ink: u64) {
        if let Some(ground) = behind.and_then(|number| self.grounds.get_mut(number as usize))
            && !is_same(colour, ground.colour)
        {
            let side = if luma(colour) > luma(ground.colour) { &mut ground.lighter } else { &mut ground.darker };
            *side = side.saturating_add(ink);
        }
    }

    /// Adds letters of one colour.
    pub(super) fn write(&mut self, letters: impl Iterator<Item = Letter>, colour: Colour) {
        let first = self.letters.len();
        let mut since = first;
        let mut last = None;
        for letter in letters {
            if letter.stamp.ink == 0 {
                continue;
            }
            let ((left, right), (top, bottom)) = letter.stamp.extent(letter.x, letter.y);
            let (x, y) = ((left + right) / 2, (top + bottom) / 2);
            let behind = self.map.behind(x, y);
            if !self.is_unseen(colour, behind) {
                self.vote(behind, colour, letter.stamp.ink.into());
                self.map.write(x, y);
            }
            if last.is_some_and(|last| last != behind) {
                self.end_run(since, colour, last.flatten());
                since = self.letters.len();
            }
            last = Some(behind);
            self.letters.push(letter);
        }
        self.end_run(since, colour, last.flatten());
        self.kept += (self.letters.len() - first) * size_of::<Letter>();
        self.spare();
    }

    fn end_run(&mut self, since: usize, colour: Colour, behind: Behind) {
        let letters = since..self.letters.len();
        if !letters.is_empty() && !self.is_unseen(colour, behind) {
            self.items.push(Item::Letters { letters, colour, behind });
        }
    }

    /// Adds a shape that is ink all over.
    pub(super) fn ink(&mut self, region: Region, colour: Colour, is_line: bool) {
        if region.is_empty() {
            return;
        }
        let behind = self.behind_region(&region);
        if self.is_unseen(colour, behind) {
            // White over something black that is ink itself.
            if self.items.is_empty() {
                return;
            }
        } else if !is_line {
            self.vote(behind, colour, region.area());
        }
        self.kept += region.cost();
        self.items.push(Item::Ink { region, colour, behind, is_line });
        self.spare();
    }

    /// Adds a fill or a picture.
    pub(super) fn ground(&mut self, mut ground: Ground) {
        if ground.region.is_empty() {
            return;
        }
        ground.behind = self.behind_region(&ground.region);
        // A number for each of as many as memory holds.
        let number = self.grounds.len() as u32;
        self.map.cover(&ground.region, number);
        self.kept += ground.region.cost();
        self.grounds.push(ground);
        self.items.push(Item::Ground(number));
        self.spare();
    }

    /// The last thing added, if it was a fill.
    pub(super) fn last_ground(&mut self) -> Option<&mut Ground> {
        match self.items.last() {
            Some(Item::Ground(number)) => self.grounds.get_mut(*number as usize),
            _ => None,
        }
    }

    /// The last fill has grown.
    pub(super) fn cover_again(&mut self) {
        if let Some(Item::Ground(number)) = self.items.last()
            && let Some(ground) = self.grounds.get(*number as usize)
        {
            self.map.cover(&ground.region, *number);
        }
    }

    /// There is a picture, and nothing else.
    pub(super) fn is_one_picture(&self) -> bool {
        matches!((&self.items[..], &self.grounds[..]), ([Item::Ground(_)], [ground]) if ground.is_picture)
    }

    /// Where pictures are put.
    pub(super) fn pictures(&mut self) -> &mut Bitmap {
        let rows = self.rows;
        self.pictures.get_or_insert_with(|| Bitmap::new(WIDTH_PELS, rows))
    }

    fn spare(&mut self) {
        if self.kept > KEPT_MAX {
            self.settle();
        }
    }

    /// Draws all there is. Of what follows, the grounds that are on the page keep what they became.
    fn settle(&mut self) {
        let area = u64::from(WIDTH_PELS) * u64::from(self.rows);
        decide(&mut self.grounds, area, self.resolution);
        let unwanted = self.watermarks();
        let items = std::mem::take(&mut self.items);
        for (at, item) in items.iter().enumerate() {
            match item {
                Item::Ground(number) => self.draw_ground(*number),
                Item::Letters { .. } if unwanted.contains(&at) => {}
                Item::Letters { letters, colour, behind } => self.draw_letters(letters.clone(), *colour, *behind),
                Item::Ink { region, colour, behind, is_line } => self.draw_ink(region, *colour, *behind, *is_line),
            }
        }
        self.free_from_stamps(&items, &unwanted);
        self.letters.clear();
        self.kept = 0;
        for ground in &mut self.grounds {
            ground.region = Region::rectangle((0, 0), (0, 0));
        }
    }

    /// The page.
    pub(super) fn finish(mut self) -> Bitmap {
        self.settle();
        self.page
    }

    fn draw_ground(&mut self, number: u32) {
        let Some(ground) = self.grounds.get(number as usize) else { return };
        let region = &ground.region;
        if ground.is_picture {
            if let Some(pictures) = &self.pictures {
                region.copy(pictures, &mut self.page);
                if let Some(grounds) = &mut self.ground {
                    region.paint(grounds, false);
                }
            }
            return;
        }
        match ground.out {
            Out::White if !ground.opaque && !self.veils(ground) => {}
            Out::White => {
                region.paint(&mut self.page, false);
                if let Some(grounds) = &mut self.ground {
                    region.paint(grounds, false);
                }
            }
            Out::Black => {
                region.paint(&mut self.page, true);
                let rows = self.rows;
                region.paint(self.ground.get_or_insert_with(|| Bitmap::new(WIDTH_PELS, rows)), true);
            }
            Out::Lined(kind) => {
                draw_lined(region, kind, self.resolution, &mut self.page);
                if let Some(grounds) = &mut self.ground {
                    region.paint(grounds, false);
                }
            }
        }
    }

    /// It hides most of a picture, for what is written on it.
    fn veils(&self, ground: &Ground) -> bool {
        let on_picture = self.ground_of(ground.behind).is_some_and(|behind| behind.is_picture);
        ground.veil && on_picture && ground.lighter + ground.darker > 0
    }

    fn draw_letters(&mut self, letters: std::ops::Range<usize>, colour: Colour, behind: Behind) {
        let all = std::mem::take(&mut self.letters);
        self.draw_run(all.get(letters).unwrap_or_default(), colour, behind);
        self.letters = all;
    }

    fn draw_run(&mut self, letters: &[Letter], colour: Colour, behind: Behind) {
        let picture = behind.and_then(|number| self.grounds.get(number as usize)).filter(|ground| ground.is_picture);
        if let Some(picture) = picture {
            let dark = share_black(letters, &self.page);
            // By contrast with what the picture became; its own brightness decides where that leaves a choice.
            let white = dark > if luma(colour) > 128 { 0.4 } else { 0.85 };
            let how = if white { Stroke::White } else { Stroke::Black };
            if (0.04..0.96).contains(&dark) {
                self.around(letters, ROOM).intersect(&picture.region).paint(&mut self.page, white);
            }
            for letter in letters {
                letter.stamp.put(letter.x, letter.y, &mut self.page, &how);
            }
            return;
        }
        let lined = self.ground_of(behind).filter(|ground| matches!(ground.out, Out::Lined(_)));
        if let Some(lined) = lined {
            let region = self.around(letters, ROOM).intersect(&lined.region);
            region.paint(&mut self.page, false);
        }
        let how = match &self.ground {
            Some(ground) => Stroke::Against(ground),
            None => Stroke::Black,
        };
        for letter in letters {
            letter.stamp.put(letter.x, letter.y, &mut self.page, &how);
        }
    }

    /// The boxes letters stand in, with some room, in pels. Words of a line hang together.
    fn around<'l>(&self, letters: impl IntoIterator<Item = &'l Letter>, room: i32) -> Region {
        type Span = (i32, i32);
        const WORDS_APART: i32 = 16;
        let mut boxes: Vec<(i32, Span, Span)> = Vec::new();
        for letter in letters {
            let ((left, right), (top, bottom)) = letter.stamp.extent(letter.x, letter.y);
            match boxes.last_mut() {
                Some((line, columns, rows))
                    if *line == letter.y && left >= columns.0 && left < columns.1 + WORDS_APART =>
                {
                    columns.1 = columns.1.max(right);
                    *rows = (rows.0.min(top), rows.1.max(bottom));
                }
                _ => boxes.push((letter.y, (left, right), (top, bottom))),
            }
        }
        let down = fine_rows(room as usize, self.resolution) as i32;
        let clamp = |x: i32| u16::try_from(x.clamp(0, WIDTH_PELS.into())).unwrap_or(0);
        let mut runs = Vec::new();
        for (_, (left, right), (top, bottom)) in boxes {
            let run = (clamp(left - room), clamp(right + room));
            runs.extend((top - down..bottom + down).filter_map(|y| Some((u32::try_from(y).ok()?, run))));
        }
        Region::of_runs(runs)
    }

    fn draw_ink(&mut self, region: &Region, colour: Colour, behind: Behind, is_line: bool) {
        let ground = self.ground_of(behind);
        let unseen = self.is_unseen(colour, behind);
        if ground.is_some_and(|ground| ground.is_picture) {
            region.paint(&mut self.page, luma(colour) < 128);
        } else if unseen || is_line && ground.is_some_and(|ground| luma(colour) > luma(ground.colour)) {
            // A rule lighter than its ground parts what it parts by being white. On a ground that came out black it is white too.
            let black = unseen && ground.is_some_and(|ground| ground.out == Out::Black);
            region.paint(&mut self.page, black);
        } else if let Some(ground) = &self.ground {
            region.contrast(ground, &mut self.page);
        } else {
            region.paint(&mut self.page, true);
        }
    }

    /// Of a mask's group: where it lets through, which is where it is light (or where anything is).
    pub(super) fn mask(&self, by_light: bool, starts_light: bool) -> Region {
        let mut page = Bitmap::new(WIDTH_PELS, self.rows);
        if starts_light {
            Region::rectangle((0, WIDTH_PELS), (0, self.rows)).paint(&mut page, true);
        }
        let lets = |colour: Colour| !by_light || luma(colour) >= 96;
        for item in &self.items {
            match item {
                Item::Ground(number) => {
                    let Some(ground) = self.grounds.get(*number as usize) else { continue };
                    match &self.pictures {
                        Some(pictures) if ground.is_picture && by_light => {
                            for (y, run) in ground.region.runs() {
                                for x in run.0..run.1 {
                                    if let Some(row) = page.row_mut(y) {
                                        super::region::fill(row, (x, x + 1), !pictures.is_black(x, y));
                                    }
                                }
                            }
                        }
                        _ => ground.region.paint(&mut page, lets(ground.colour)),
                    }
                }
                Item::Letters { letters, colour, .. } => {
                    let how = if lets(*colour) { Stroke::Black } else { Stroke::White };
                    for letter in self.letters.get(letters.clone()).unwrap_or_default() {
                        letter.stamp.put(letter.x, letter.y, &mut page, &how);
                    }
                }
                Item::Ink { region, colour, .. } => region.paint(&mut page, lets(*colour)),
            }
        }
        Region::of_bitmap(&page)
    }
}

fn middle(region: &Region) -> (i32, i32) {
    let rows = region.rows();
    let y = rows.start + (rows.end - rows.start) / 2;
    let (from, to) = match region.row(y) {
        [] => region.columns(),
        [only] => *only,
        row => row.get(row.len() / 2).copied().unwrap_or_default(),
    };
    // Rows of a page, a few thousand.
    (i32::from(from) + i32::from(to.saturating_sub(from)) / 2, y as i32)
}

/// How much is black where letters go, and close to them.
fn share_black(letters: &[Letter], page: &Bitmap) -> f64 {
    let (mut black, mut all) = (0u64, 0u64);
    for letter in letters {
        let ((left, right), (top, bottom)) = letter.stamp.extent(letter.x, letter.y);
        let clamp = |x: i32| u16::try_from(x.clamp(0, WIDTH_PELS.into())).unwrap_or(0);
        let rows = (u32::try_from(top.max(0)).unwrap_or(0), u32::try_from(bottom.max(0)).unwrap_or(0).min(page.rows()));
        let around = Region::rectangle((clamp(left), clamp(right)), rows);
        black += around.ink(page);
        all += around.area();
    }
    black as f64 / all.max(1) as f64
}
