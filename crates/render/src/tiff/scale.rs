//! Pictures from their own grid to the fax grid, by area: each pel of the fax becomes the mean of what it covers, so no stroke is
//! skipped, however thin; [`crate::two_tone`] then decides what is ink.

/// A picture as luma, 0 black, row by row.
pub(super) struct Luma {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pels: Vec<u8>,
}

/// Scales a picture of `width` × `height` to `to_width` × `to_height`. `row` writes the luma of a row; rows are asked for in
/// order, some of them twice.
pub(super) fn scale(
    (width, height): (usize, usize),
    (to_width, to_height): (usize, usize),
    mut row: impl FnMut(usize, &mut [u8]),
) -> Luma {
    let mut pels = Vec::with_capacity(to_width * to_height);
    let mut held = vec![0u8; width];
    let mut held_row = None;
    let mut sums = vec![0f32; width];
    let spans: Vec<Span> = (0..to_width).map(|x| Span::new(x, to_width, width)).collect();
    for y in 0..to_height {
        let span = Span::new(y, to_height, height);
        sums.fill(0.0);
        for (at, share) in span.parts() {
            if held_row != Some(at) {
                row(at, &mut held);
                held_row = Some(at);
            }
            for (sum, &pel) in sums.iter_mut().zip(&held) {
                *sum += share * f32::from(pel);
            }
        }
        pels.extend(spans.iter().map(|span| {
            let mean: f32 = span.parts().map(|(at, share)| share * sums.get(at).copied().unwrap_or(255.0)).sum();
            // 0 to 255 but for rounding; the cast saturates.
            mean.round() as u8
        }));
    }
    Luma { width: to_width, height: to_height, pels }
}

/// What one pel of the scaled side covers of the other.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    last: usize,
    /// Shares of the first, of each between, and of the last.
    shares: (f32, f32, f32),
}

impl Span {
    fn new(at: usize, of: usize, covering: usize) -> Span {
        let step = covering as f64 / of as f64;
        let (from, to) = (at as f64 * step, ((at + 1) as f64 * step).min(covering as f64));
        let first = (from as usize).min(covering.saturating_sub(1));
        let last = ((to.ceil() as usize).saturating_sub(1)).clamp(first, covering.saturating_sub(1));
        let share = |length: f64| (length / (to - from)) as f32;
        if first == last {
            return Span { first, last, shares: (1.0, 0.0, 0.0) };
        }
        Span { first, last, shares: (share((first + 1) as f64 - from), share(1.0), share(to - last as f64)) }
    }

    fn parts(self) -> impl Iterator<Item = (usize, f32)> {
        let (first, each, last) = self.shares;
        (self.first..=self.last).map(move |at| {
            let share = if at == self.first {
                first
            } else if at == self.last {
                last
            } else {
                each
            };
            (at, share)
        })
    }
}

impl Luma {
    /// Turns by quarters counter-clockwise.
    pub(super) fn turned(self, quarters: u8) -> Luma {
        let Luma { width, height, ref pels } = self;
        let at = |x: usize, y: usize| pels.get(y * width + x).copied().unwrap_or(255);
        match quarters % 4 {
            1 => Luma {
                width: height,
                height: width,
                pels: (0..width)
                    .flat_map(|y| (0..height).map(move |x| (x, y)))
                    .map(|(x, y)| at(width - 1 - y, x))
                    .collect(),
            },
            2 => Luma { width, height, pels: pels.iter().rev().copied().collect() },
            3 => Luma {
                width: height,
                height: width,
                pels: (0..width)
                    .flat_map(|y| (0..height).map(move |x| (x, y)))
                    .map(|(x, y)| at(y, height - 1 - x))
                    .collect(),
            },
            _ => self,
        }
    }

    /// Left becomes right.
    pub(super) fn mirrored(mut self) -> Luma {
        for row in self.pels.chunks_exact_mut(self.width.max(1)) {
            row.reverse();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(from: &[u8], size: (usize, usize), to: (usize, usize)) -> Vec<u8> {
        scale(size, to, |y, row| row.copy_from_slice(&from[y * size.0..][..size.0])).pels
    }

    #[test]
    fn each_pel_is_the_mean_of_what_it_covers() {
        assert_eq!(scaled(&[0, 100, 200, 100], (2, 2), (1, 1)), [100]);
        assert_eq!(scaled(&[0, 255, 255], (3, 1), (2, 1)), [85, 255]);
        assert_eq!(scaled(&[0, 255], (2, 1), (4, 1)), [0, 0, 255, 255]);
        assert_eq!(scaled(&[7, 9], (1, 2), (1, 4)), [7, 7, 9, 9]);
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture: Vec<u8> = (0..=255).collect();
        assert_eq!(scaled(&picture, (32, 8), (32, 8)), picture);
    }

    #[test]
    fn four_quarters_are_none() {
        let picture = || Luma { width: 3, height: 2, pels: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(picture().turned(1).pels, [3, 6, 2, 5, 1, 4]);
        assert_eq!(picture().turned(1).turned(1).pels, picture().turned(2).pels);
        assert_eq!(picture().turned(1).turned(2).pels, picture().turned(3).pels);
        assert_eq!(picture().turned(3).turned(1).pels, picture().pels);
        assert_eq!(picture().mirrored().pels, [3, 2, 1, 6, 5, 4]);
    }
}
