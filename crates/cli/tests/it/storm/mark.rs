//! Pages that say which they are: a row of boxes, one for each bit, black for 1. A template draws the same on a cover page.

use ferrofax_fax::page::{Rows, WIDTH_PELS};

/// What a cover page's template has to say; `mark` is [`Mark::text`]. The sheet has margins of 10 mm.
pub const TEMPLATE: &str = "<html><head><style>body { margin: 0 } div { position: absolute; top: 10mm; width: 5mm; \
    height: 10mm; background: #000 }</style></head><body>\n<#list 0..<mark?length as bit><#if mark[bit] == \"1\">\
    <div style=\"left: ${10 + 5 * bit}mm\"></div></#if></#list>\n</body></html>\n";

const BITS: u16 = 32;
/// From the left edge of the line, in which A4 is centred.
const LEFT_MM: f64 = 2.5 + 20.0;
const BOX_MM: f64 = 5.0;
const PELS_PER_MM: f64 = 1728.0 / 215.0;
/// At 3.85 lines a millimetre: 20 to 30 mm from the top.
const BOX_ROWS: std::ops::Range<u32> = 77..115;
const ROWS: u32 = 160;

/// Which page of which job's fax; from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    pub job: u32,
    pub page: u32,
}

impl Mark {
    fn bits(self) -> u32 {
        let check = (self.job * 31 + self.page * 7 + 0xA5) & 0xFF;
        self.job << 12 | self.page << 8 | check
    }

    /// A 0 or 1 for each box.
    pub fn text(self) -> String {
        format!("{:032b}", self.bits())
    }

    /// A short ready-made fax page.
    pub fn page(self) -> Rows {
        let black = |bit: u16| bit < BITS && self.bits() >> (BITS - 1 - bit) & 1 == 1;
        let turns = |bit: &u16| black(*bit) != (*bit > 0 && black(*bit - 1));
        let boxes: Vec<u16> = (0..=BITS).filter(turns).map(|bit| pel(bit.into())).collect();
        let mut page = Rows::new(WIDTH_PELS);
        (0..ROWS).for_each(|row| page.push(if BOX_ROWS.contains(&row) { &boxes } else { &[] }));
        page
    }

    /// What a page that arrived says.
    pub fn read(page: &Rows) -> Option<Mark> {
        let row = page.row(BOX_ROWS.start.midpoint(BOX_ROWS.end))?;
        let black = |pel: u16| row.iter().filter(|change| **change <= pel).count() % 2 == 1;
        let bits = (0..BITS).fold(0, |bits, bit| bits << 1 | u32::from(black(pel(f64::from(bit) + 0.5))));
        let mark = Mark { job: bits >> 12, page: bits >> 8 & 0xF };
        (mark.bits() == bits).then_some(mark)
    }
}

/// Where a box begins; halves are allowed.
fn pel(boxes: f64) -> u16 {
    ((LEFT_MM + BOX_MM * boxes) * PELS_PER_MM).round() as u16
}
