//! Which pages lie on an overlay.

use ferrofax_api::job::OverlayMode;

/// How a fax is made up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Makeup {
    /// Pages of the cover page; they go first.
    pub cover: u32,
    /// Pages of all documents.
    pub documents: u32,
    /// Of those, pages of the first document.
    pub first_file: u32,
}

impl Makeup {
    /// Pages of the fax.
    pub fn pages(&self) -> u32 {
        self.cover.saturating_add(self.documents)
    }
}

/// Whether this page of the fax, counted from 0, lies on the overlay. The cover page counts as the first page, but belongs to no
/// file. Whether it is longer than a page makes no difference to those after it.
pub fn overlaid(mode: OverlayMode, page: u32, fax: Makeup) -> bool {
    let first = page == 0;
    let last = page + 1 == fax.pages();
    match mode {
        OverlayMode::AllPages => true,
        OverlayMode::NoOverlay => false,
        OverlayMode::FirstPage => first,
        OverlayMode::LastPage => last,
        OverlayMode::AllButFirstPage => !first,
        OverlayMode::AllButLastPage => !last,
        OverlayMode::AllButFirstAndLastPage => !first && !last,
        OverlayMode::FirstFile => (fax.cover..fax.cover.saturating_add(fax.first_file)).contains(&page),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages that lie on the overlay as `#`, cover pages before a `|`.
    fn picture(mode: OverlayMode, cover: u32, files: &[u32]) -> String {
        let fax =
            Makeup { cover, documents: files.iter().sum(), first_file: files.first().copied().unwrap_or_default() };
        let page = |page| if overlaid(mode, page, fax) { '#' } else { '.' };
        let pages: String = (0..fax.pages()).map(page).collect();
        let (cover, documents) = pages.split_at(usize::try_from(cover).unwrap());
        format!("{cover}|{documents}")
    }

    #[test]
    fn each_mode_takes_its_pages() {
        use OverlayMode::*;
        // Files: one page; two; three; five; one and two; two and one and two.
        let files: [&[u32]; 6] = [&[1], &[2], &[3], &[5], &[1, 2], &[2, 1, 2]];
        for (mode, plain, with_cover) in [
            (AllPages, ["#", "##", "###", "#####", "###", "#####"], ["#", "##", "###", "#####", "###", "#####"]),
            (NoOverlay, [".", "..", "...", ".....", "...", "....."], [".", "..", "...", ".....", "...", "....."]),
            (FirstPage, ["#", "#.", "#..", "#....", "#..", "#...."], [".", "..", "...", ".....", "...", "....."]),
            (LastPage, ["#", ".#", "..#", "....#", "..#", "....#"], ["#", ".#", "..#", "....#", "..#", "....#"]),
            (AllButFirstPage, [".", ".#", ".##", ".####", ".##", ".####"], ["#", "##", "###", "#####", "###", "#####"]),
            (AllButLastPage, [".", "#.", "##.", "####.", "##.", "####."], [".", "#.", "##.", "####.", "##.", "####."]),
            (
                AllButFirstAndLastPage,
                [".", "..", ".#.", ".###.", ".#.", ".###."],
                [".", "#.", "##.", "####.", "##.", "####."],
            ),
            (FirstFile, ["#", "##", "###", "#####", "#..", "##..."], ["#", "##", "###", "#####", "#..", "##..."]),
        ] {
            let first = matches!(mode, AllPages | FirstPage | AllButLastPage);
            let rest = matches!(mode, AllPages | AllButFirstPage | AllButLastPage | AllButFirstAndLastPage);
            let mark = |on| if on { '#' } else { '.' };
            for ((files, plain), with_cover) in files.iter().zip(plain).zip(with_cover) {
                assert_eq!(picture(mode, 0, files), format!("|{plain}"), "{mode:?}, {files:?}");
                let expected = format!("{}|{with_cover}", mark(first));
                assert_eq!(picture(mode, 1, files), expected, "{mode:?}, {files:?}, cover");
                let expected = format!("{}{}|{with_cover}", mark(first), mark(rest));
                assert_eq!(picture(mode, 2, files), expected, "{mode:?}, {files:?}, long cover");
            }
        }
    }

    #[test]
    fn a_cover_page_alone_is_first_and_last() {
        use OverlayMode::*;
        for (mode, one, two) in [
            (AllPages, "#|", "##|"),
            (NoOverlay, ".|", "..|"),
            (FirstPage, "#|", "#.|"),
            (LastPage, "#|", ".#|"),
            (AllButFirstPage, ".|", ".#|"),
            (AllButLastPage, ".|", "#.|"),
            (AllButFirstAndLastPage, ".|", "..|"),
            (FirstFile, ".|", "..|"),
        ] {
            assert_eq!(picture(mode, 1, &[]), one, "{mode:?}");
            assert_eq!(picture(mode, 2, &[]), two, "{mode:?}");
        }
    }
}
