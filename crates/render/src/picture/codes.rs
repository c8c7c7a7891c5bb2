//! Bar codes and matrix codes: as much black as white, close together, so that neither is the ground of the other. Where that is so
//! a pel is black if it is nearer to the darkest than to the lightest there is hereabouts.

use super::ground::{Plane, Tile};

/// Tiles along the side of a block. What is said of one counts its neighbours in.
const BLOCK: usize = 4;
/// So many of a hundred tiles of a code have strokes, at least. Close print has fewer.
const STROKES: u32 = 80;

#[derive(Clone, Copy)]
struct Block {
    tiles: u32,
    strokes: u32,
    /// Contrast of dark strokes, and of light ones.
    dark: u32,
    light: u32,
    darkest: u8,
    lightest: u8,
}

impl Default for Block {
    fn default() -> Block {
        Block { tiles: 0, strokes: 0, dark: 0, light: 0, darkest: 255, lightest: 0 }
    }
}

impl Block {
    fn add(&mut self, other: &Block) {
        self.tiles += other.tiles;
        self.strokes += other.strokes;
        self.dark += other.dark;
        self.light += other.light;
        self.darkest = self.darkest.min(other.darkest);
        self.lightest = self.lightest.max(other.lightest);
    }

    /// Dark and light differ by less than a quarter.
    fn is_code(&self) -> bool {
        let balanced = self.dark * 4 <= self.light * 5 && self.light * 4 <= self.dark * 5;
        balanced && self.strokes * 100 >= self.tiles * STROKES
    }
}

/// Gives the tiles of codes one threshold. Strokes of less contrast than `floor` are none.
pub(super) fn find(tiles: &mut Plane<Tile>, floor: u8) {
    let mut blocks: Plane<Block> = Plane::new(tiles.width.div_ceil(BLOCK), tiles.height.div_ceil(BLOCK));
    let width = blocks.width;
    for y in 0..tiles.height {
        let blocks = blocks.values.get_mut(y / BLOCK * width..).unwrap_or_default();
        for (block, tiles) in blocks.iter_mut().zip(tiles.row(y).chunks(BLOCK)) {
            for tile in tiles {
                let is_stroke = tile.dark.max(tile.light) >= floor;
                let (dark, light) = if tile.on_dark { (0, tile.light) } else { (tile.dark, 0) };
                block.add(&Block {
                    tiles: 1,
                    strokes: is_stroke.into(),
                    dark: if is_stroke { tile.dark.into() } else { 0 },
                    light: if is_stroke { tile.light.into() } else { 0 },
                    darkest: tile.level.saturating_sub(dark),
                    lightest: tile.level.saturating_add(light),
                });
            }
        }
    }
    let about: Plane<Block> = spread(&blocks, Block::add);
    let cores = Plane { width, height: about.height, values: about.values.iter().map(Block::is_code).collect() };
    if !cores.values.contains(&true) {
        return;
    }
    let edges: Plane<bool> = spread(&cores, |any: &mut bool, core| *any |= core);
    for y in 0..tiles.height {
        let row = tiles.values.get_mut(y * tiles.width..(y + 1) * tiles.width).unwrap_or_default();
        let known = about.row(y / BLOCK).iter().zip(cores.row(y / BLOCK)).zip(edges.row(y / BLOCK));
        for (tiles, ((about, &core), &edge)) in row.chunks_mut(BLOCK).zip(known) {
            if !edge {
                continue;
            }
            let range = about.lightest.saturating_sub(about.darkest);
            let middle = about.darkest.saturating_add(range / 2);
            for tile in tiles {
                // Beside a code, paler print stays what it is.
                if core || tile.dark.max(tile.light) > range / 2 || tile.level < middle {
                    tile.black = true;
                    tile.below = middle;
                }
            }
        }
    }
}

/// Of each block and its neighbours, what `add` makes of them.
fn spread<T: Copy + Default, S: Copy + Default>(of: &Plane<T>, add: impl Fn(&mut S, &T)) -> Plane<S> {
    let mut spread = Plane::new(of.width, of.height);
    for (y, to) in spread.values.chunks_exact_mut(of.width.max(1)).enumerate() {
        for y in y.saturating_sub(1)..=y + 1 {
            let row = of.row(y);
            for (x, to) in to.iter_mut().enumerate() {
                let about = row.get(x.saturating_sub(1)..(x + 2).min(row.len())).unwrap_or_default();
                about.iter().for_each(|block| add(to, block));
            }
        }
    }
    spread
}
