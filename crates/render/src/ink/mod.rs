//! One pen for everything that is drawn: outlines and letters to black and white pels, without a grey page in between.
//!
//! [`raster`] says which pels an outline covers, [`region`] holds pels as runs, [`stamp`] keeps the letters.

pub(crate) mod raster;
pub(crate) mod region;
pub(crate) mod stamp;
