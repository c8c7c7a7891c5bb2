//! What is laid over or under the letters of a page and must not cover them: stamps and watermarks.

use super::super::ground::{Out, difference, fine_rows, luma};
use super::super::region::Region;
use super::{Item, Sheet};
use crate::ink::stamp::Stroke;

/// Letters this high, in fine rows, may be a watermark.
const WATERMARK_ROWS: i32 = 56;
/// Letters of others a watermark lies over or under.
const WATERMARK_LETTERS: usize = 3;

/// What may be a stamp: so light, letters so high in fine rows, lines so thick in pels, so much lighter than what it lies on.
const STAMP_LUMA: u8 = 80;
const STAMP_ROWS: i32 = 24;
const STAMP_PELS: u8 = 3;
const STAMP_CONTRAST: u8 = 60;
/// Pels that are free of a stamp about letters.
const STAMP_ROOM: i32 = 4;
/// More stamps are a drawing.
const STAMPS_MAX: usize = 200;

impl Sheet {
    /// A stamp is as black as the letters it lies on; so it is left out where their lines are.
    pub(super) fn free_from_stamps(&mut self, items: &[Item], unwanted: &[usize]) {
        let mut pale: Vec<(Region, u8)> = Vec::new();
        let thick = u64::from(STAMP_PELS);
        for (_, item) in items.iter().enumerate().filter(|(at, _)| !unwanted.contains(at)) {
            let (region, colour) = match item {
                Item::Letters { letters, colour, .. } if luma(*colour) >= STAMP_LUMA => {
                    let letters = self.letters.get(letters.clone()).unwrap_or_default();
                    let high = fine_rows(STAMP_ROWS as usize, self.resolution) as i32;
                    let runs = letters.iter().filter(|letter| letter.stamp.height >= high);
                    let runs: Vec<_> = runs
                        .flat_map(|letter| letter.stamp.region(letter.x, letter.y).runs().collect::<Vec<_>>())
                        .collect();
                    (Region::of_runs(runs), *colour)
                }
                Item::Ink { region, colour, .. }
                    if luma(*colour) >= STAMP_LUMA && region.area() >= thick * region.len() as u64 =>
                {
                    (region.clone(), *colour)
                }
                _ => continue,
            };
            if !region.is_empty() {
                pale.push((region, luma(colour)));
            }
        }
        if pale.is_empty() || pale.len() > STAMPS_MAX {
            return;
        }
        let letters = std::mem::take(&mut self.letters);
        let mut freed = Vec::new();
        for item in items {
            let Item::Letters { letters: range, colour, behind } = item else { continue };
            if self.ground_of(*behind).is_some_and(|ground| ground.is_picture || ground.out == Out::Black) {
                continue;
            }
            for letter in letters.get(range.clone()).unwrap_or_default() {
                let ((left, right), (top, bottom)) = letter.stamp.extent(letter.x, letter.y);
                let hit = pale.iter().any(|(region, pale)| {
                    *pale >= luma(*colour).saturating_add(STAMP_CONTRAST)
                        && (top.max(0)..bottom).any(|y| {
                            let row = region.row(u32::try_from(y).unwrap_or(0));
                            row.iter().any(|run| i32::from(run.0) < right + 2 && left - 2 < i32::from(run.1))
                        })
                });
                if hit {
                    freed.push(letter);
                }
            }
        }
        let about = self.around(freed.iter().copied(), STAMP_ROOM);
        for (region, _) in &pale {
            region.intersect(&about).paint(&mut self.page, false);
        }
        for letter in freed {
            letter.stamp.put(letter.x, letter.y, &mut self.page, &Stroke::Black);
        }
        self.letters = letters;
    }

    /// Pale large letters with other letters on them, by their place in the list.
    pub(super) fn watermarks(&self) -> Vec<usize> {
        let mut found = Vec::new();
        let high = fine_rows(WATERMARK_ROWS as usize, self.resolution) as i32;
        for (at, item) in self.items.iter().enumerate() {
            let Item::Letters { letters, colour, behind } = item else { continue };
            let under = self.colour_of(*behind);
            if luma(*colour) < 140 || difference(*colour, under) > 115 {
                continue;
            }
            let large: Vec<_> = self
                .letters
                .get(letters.clone())
                .unwrap_or_default()
                .iter()
                .map(|letter| letter.stamp.extent(letter.x, letter.y))
                .filter(|(columns, rows)| rows.1 - rows.0 >= high && columns.1 - columns.0 >= 20)
                .collect();
            if large.is_empty() {
                continue;
            }
            let others = self
                .letters
                .iter()
                .enumerate()
                .filter(|(other, _)| !letters.contains(other))
                .filter(|(_, letter)| {
                    let ((left, right), (top, bottom)) = letter.stamp.extent(letter.x, letter.y);
                    let (x, y) = ((left + right) / 2, (top + bottom) / 2);
                    bottom - top < high / 2
                        && large
                            .iter()
                            .any(|(columns, rows)| (columns.0..columns.1).contains(&x) && (rows.0..rows.1).contains(&y))
                })
                .take(WATERMARK_LETTERS)
                .count();
            if others >= WATERMARK_LETTERS {
                found.push(at);
            }
        }
        found
    }
}
