//! Pictures as documents: every kind of file, and black and white by what they show.

use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_render::{Kind, Note, Options, RenderError};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage, RgbaImage};

use crate::corpus::numbers;
use crate::make::{extent, ink, one_page, pages};

fn at(resolution: Resolution) -> Options {
    Options { resolution, ..Options::default() }
}

fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG that says how many dots per inch it has.
fn png(image: &GrayImage, dpi: f64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width(), image.height());
    encoder.set_color(png::ColorType::Grayscale);
    let per_metre = (dpi / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    encoder.write_header().unwrap().write_image_data(image).unwrap();
    bytes
}

fn noise(of: i32) -> impl FnMut() -> i32 {
    let mut numbers = numbers(11);
    move || (0..4).map(|_| (numbers.next().unwrap() >> 20) as i32 % (of + 1)).sum::<i32>() / 2 - of
}

fn clamped(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// Strokes like letters: bars 3 and 4 pixels wide in rows, with gaps; on a sheet of A4 at 300 dpi.
fn is_stroke(x: u32, y: u32) -> bool {
    (300..2200).contains(&x) && (300..3100).contains(&y) && y % 50 < 30 && (x % 24 < 4 || (y % 50 < 3 && x % 24 < 16))
}

/// That sheet, made grey by `pixel`, which is told where and whether there is a stroke.
fn sheet(mut pixel: impl FnMut(u32, u32, bool) -> i32) -> GrayImage {
    GrayImage::from_fn(2480, 3508, |x, y| Luma([clamped(pixel(x, y, is_stroke(x, y)))]))
}

fn black_share(page: &Bitmap) -> f64 {
    ink(page, 0..1728, 0..page.rows()) as f64 / (1728.0 * f64::from(page.rows()))
}

#[test]
fn every_kind_of_file_shows_the_same() {
    // A black frame with a bar across, 192 by 96 pixels: 50.8 by 25.4 mm at a screen's 96 dpi.
    let image = RgbImage::from_fn(192, 96, |x, y| {
        let frame = !(8..184).contains(&x) || !(8..88).contains(&y);
        Rgb(if frame || (40..56).contains(&y) { [0, 0, 0] } else { [255, 255, 255] })
    });
    let image = DynamicImage::ImageRgb8(image);
    let expected = one_page(file(&image, ImageFormat::Png), Kind::Picture, &Options::default());
    let (left, right, top, bottom) = extent(&expected).unwrap();
    assert!(
        (right - left + 1).abs_diff(408) <= 1 && (bottom - top + 1).abs_diff(196) <= 1,
        "{left} {right} {top} {bottom}"
    );
    assert!((left + right).abs_diff(1727) <= 1, "centred: {left} to {right}");
    for format in [ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Jpeg] {
        let bytes = file(&image, format);
        let page = one_page(&*bytes, Kind::Picture, &Options::default());
        let differing: u32 = expected.as_bytes().iter().zip(page.as_bytes()).map(|(a, b)| (a ^ b).count_ones()).sum();
        // JPEG blurs edges by less than a pel.
        assert!(differing <= if format == ImageFormat::Jpeg { 300 } else { 0 }, "{format:?}: {differing} pels differ");
        for cut in [bytes.len() / 2, bytes.len() * 9 / 10] {
            let error = pages(&bytes[..cut], Kind::Picture, &Options::default()).unwrap_err();
            assert!(matches!(error, RenderError::Damaged { .. }), "{format:?} cut at {cut}: {error}");
        }
    }
    for (kind, same) in [
        ("16 bits", DynamicImage::ImageRgb16(image.to_rgb16())),
        ("grey", DynamicImage::ImageLuma8(image.to_luma8())),
        ("grey of 16 bits", DynamicImage::ImageLuma16(image.to_luma16())),
    ] {
        assert!(one_page(file(&same, ImageFormat::Png), Kind::Picture, &Options::default()) == expected, "{kind}");
    }
}

#[test]
fn transparent_is_white() {
    let image = RgbaImage::from_fn(100, 100, |x, _| image::Rgba([0, 0, 0, if x < 50 { 255 } else { 0 }]));
    let page = one_page(file(&image.into(), ImageFormat::Png), Kind::Picture, &Options::default());
    let (left, right, ..) = extent(&page).unwrap();
    assert!((right - left + 1).abs_diff(106) <= 1, "{left} to {right}");
}

#[test]
fn stated_size_and_orientation_are_heeded() {
    let mut image = GrayImage::from_pixel(600, 300, Luma([255]));
    for y in 0..300 {
        for x in 0..60 {
            image.put_pixel(x, y, Luma([0]));
        }
    }
    // 50.8 mm at 300 dpi; the bar is a tenth of that.
    let page = one_page(png(&image, 300.0), Kind::Picture, &Options::default());
    let (left, right, top, bottom) = extent(&page).unwrap();
    assert!(
        (right - left + 1).abs_diff(41) <= 1 && (bottom - top + 1).abs_diff(196) <= 1,
        "{left} {right} {top} {bottom}"
    );

    // Stored lying on its left side: what is seen has the bar at the top.
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let mut exif = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([Orientation::Rotate90.to_exif(), 0, 0, 0, 0, 0, 0, 0]);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&image, 600, 300, image::ExtendedColorType::L8).unwrap();
    let page = one_page(bytes, Kind::Picture, &Options::default());
    let (left, right, top, bottom) = extent(&page).unwrap();
    assert!(top == 0 && bottom < 130 && right - left > 600, "{left} {right} {top} {bottom}");
}

#[test]
fn what_is_larger_than_the_sheet_is_shrunk_and_said_so() {
    let image =
        GrayImage::from_fn(2000, 2000, |x, y| Luma([if x < 20 || y < 20 || x >= 1980 || y >= 1980 { 0 } else { 255 }]));
    let (pages, summary) = pages(png(&image, 150.0), Kind::Picture, &Options::default()).unwrap();
    let (left, right, ..) = extent(&pages[0]).unwrap();
    assert!((right - left + 1).abs_diff(1688) <= 1, "{left} to {right}");
    assert_eq!(summary.notes, [(1, Note::Shrunk(62))]);
}

#[test]
fn a_picture_that_claims_to_be_huge_is_refused_before_it_is_read() {
    let mut bytes = file(&RgbImage::new(8, 8).into(), ImageFormat::Bmp);
    for side in [18, 22] {
        bytes[side..side + 4].copy_from_slice(&60_000u32.to_le_bytes());
    }
    let error = pages(bytes, Kind::Picture, &Options::default()).unwrap_err();
    assert!(matches!(error, RenderError::TooBig { .. }), "{error}");
    let error = pages(&b"no picture"[..], Kind::Picture, &Options::default()).unwrap_err();
    assert!(matches!(error, RenderError::Unsupported { .. }), "{error}");
}

#[test]
fn a_grey_scan_with_noise_and_shadow_has_the_strokes_of_a_clean_one() {
    let clean = sheet(|_, _, stroke| if stroke { 0 } else { 255 });
    let mut noise = noise(9);
    let scan = sheet(|x, y, stroke| {
        // Grey paper, darker towards the fold; beyond the sheet the scanner's lid.
        let light = 205.0 * (1.0 - 0.4 * (-f64::from(x) / 160.0).exp());
        let tone = if y < 25 || x >= 2455 {
            25
        } else if stroke {
            (light * 0.3) as i32
        } else {
            light as i32
        };
        tone + noise()
    });
    for resolution in [Resolution::Fine, Resolution::Standard] {
        let clean = one_page(png(&clean, 300.0), Kind::Picture, &at(resolution));
        let scan = one_page(png(&scan, 300.0), Kind::Picture, &at(resolution));
        let differing: u32 = clean.as_bytes().iter().zip(scan.as_bytes()).map(|(a, b)| (a ^ b).count_ones()).sum();
        let all = black_share(&clean) * 1728.0 * f64::from(clean.rows());
        assert!(all > 50_000.0 && f64::from(differing) < all * 0.08, "{resolution:?}: {differing} of {all}");
        // Nothing is black at the edges.
        assert_eq!(ink(&scan, 0..200, 0..scan.rows()) + ink(&scan, 1540..1728, 0..scan.rows()), 0, "{resolution:?}");
    }
}

#[test]
fn light_writing_on_a_dark_ground_stays_light_and_tints_become_white() {
    // A bar of mid blue with white strokes, a pale panel with dark ones, pale grey and yellow strokes on white.
    let image = RgbImage::from_fn(700, 800, |x, y| {
        let stroke = x % 12 < 2 && y % 40 < 12 && (60..640).contains(&x);
        Rgb(match (y / 200, stroke) {
            (0, true) => [255, 255, 255],
            (0, false) => [70, 140, 220],
            (1, true) => [60, 60, 60],
            (1, false) => [225, 232, 240],
            (2, true) => [170, 170, 170],
            (3, true) => [230, 200, 0],
            _ => [255, 255, 255],
        })
    });
    let page = one_page(file(&image.into(), ImageFormat::Png), Kind::Picture, &Options::default());
    let (left, right, ..) = extent(&page).unwrap();
    let scale = f64::from(right - left + 1) / 700.0;
    let down = scale * 7.7 / (1728.0 / 215.0);
    let column = |x: f64| left + (x * scale) as u16;
    let share = |rows: [f64; 2], columns: [f64; 2]| {
        let (columns, rows) =
            (column(columns[0])..column(columns[1]), (rows[0] * down) as u32..(rows[1] * down) as u32);
        ink(&page, columns.clone(), rows.clone()) as f64 / (columns.len() * rows.len()) as f64
    };
    assert!(share([20.0, 35.0], [60.0, 640.0]) > 0.99, "the bar is solid");
    let light = share([42.0, 50.0], [60.0, 640.0]);
    assert!((0.7..0.92).contains(&light), "its strokes are white: {light}");
    for (top, name) in [(200.0, "panel"), (400.0, "pale grey"), (600.0, "yellow")] {
        assert_eq!(share([top + 16.0, top + 38.0], [10.0, 690.0]), 0.0, "{name}: ground");
        let strokes = share([top + 42.0, top + 50.0], [60.0, 640.0]);
        assert!((0.1..0.3).contains(&strokes), "{name}: {strokes}");
    }
}

#[test]
fn close_print_on_dark_grounds_is_white_on_solid_black() {
    // A window in two dark tones, with letters like those of a screen.
    let stroke = |x: u32, y: u32| (230..960).contains(&x) && (60..300).contains(&y) && y % 26 < 10 && x % 8 < 2;
    let image = GrayImage::from_fn(1000, 640, |x, y| {
        Luma([if stroke(x, y) {
            212
        } else if x < 200 || y / 54 % 2 == 1 {
            45
        } else {
            30
        }])
    });
    for resolution in [Resolution::Fine, Resolution::Standard] {
        let page = one_page(png(&image, 150.0), Kind::Picture, &at(resolution));
        let (left, right, top, bottom) = extent(&page).unwrap();
        let column = |x: u16| left + (u32::from(x) * u32::from(right - left + 1) / 1000) as u16;
        let row = |y: u32| top + y * (bottom - top + 1) / 640;
        let white = |columns: std::ops::Range<u16>, rows: std::ops::Range<u32>| {
            1.0 - ink(&page, columns.clone(), rows.clone()) as f64 / (columns.len() * rows.len()) as f64
        };
        assert_eq!(white(column(10)..column(190), row(10)..row(630)), 0.0, "{resolution:?}: beside");
        assert_eq!(white(column(10)..column(990), row(330)..row(630)), 0.0, "{resolution:?}: below");
        let print = white(column(230)..column(960), row(60)..row(300));
        // A quarter of the columns in four of ten rows.
        assert!((0.07..0.15).contains(&print), "{resolution:?}: {print}");
    }
}

#[test]
fn print_in_uneven_light_is_no_photograph() {
    // In words and lines.
    let is_print = |x: u32, y: u32, stroke: bool| stroke && x % 192 < 120 && y % 100 < 50;
    let clean = sheet(|x, y, stroke| if is_print(x, y, stroke) { 0 } else { 255 });
    let mut noise = noise(5);
    let photographed = sheet(|x, y, stroke| {
        let stroke = is_print(x, y, stroke);
        let light = 215 - (95 * x / 2480) as i32 - (45 * y / 3508) as i32;
        noise() + if stroke { light * 35 / 100 } else { light }
    });
    let [clean, photographed] =
        [clean, photographed].map(|image| one_page(png(&image, 300.0), Kind::Picture, &Options::default()));
    let differing: u32 = clean.as_bytes().iter().zip(photographed.as_bytes()).map(|(a, b)| (a ^ b).count_ones()).sum();
    let all = black_share(&clean) * 1728.0 * f64::from(clean.rows());
    assert!(f64::from(differing) < all * 0.08, "{differing} of {all}");
}

#[test]
fn a_photograph_has_dots_all_over_even_where_it_is_smooth() {
    // A sky that changes from top to bottom only, and hills with detail.
    let tone = |x: u32, y: u32| {
        let ridge = 380.0 + 60.0 * (f64::from(x) / 130.0).sin();
        if f64::from(y) < ridge { 120 + (y / 4) as i32 } else { 40 + photograph(x, y) / 3 }
    };
    let mut noise = noise(2);
    let image = GrayImage::from_fn(900, 600, |x, y| Luma([clamped(tone(x, y) + noise())]));
    let page = one_page(png(&image, 150.0), Kind::Picture, &Options::default());
    let (column, row) = (
        |x: u32| (20.0 + (f64::from(x) + 340.0) * 25.4 / 150.0 * 1728.0 / 215.0) as u16,
        |y: u32| (f64::from(y) * 25.4 / 150.0 * 7.7) as u32,
    );
    let (left, ..) = extent(&page).unwrap();
    let shift = left.abs_diff(column(0));
    let column = |x: u32| if left > column(0) { column(x) + shift } else { column(x) - shift };
    for y in (10..560).step_by(50) {
        let (columns, rows) = (column(200)..column(700), row(y)..row(y + 20));
        let black = ink(&page, columns.clone(), rows.clone()) as f64 / (columns.len() * rows.len()) as f64;
        let light = (200..700).map(|x| tone(x, y + 10)).sum::<i32>() as f64 / 500.0 / 255.0;
        let expected = 1.0 - light.powf(1.0 / 1.15);
        assert!((black - expected).abs() < 0.12, "at {y}: {black} for {expected}");
    }
}

/// Something like a photograph: hills of light in all directions, with fine detail.
fn photograph(x: u32, y: u32) -> i32 {
    let (x, y) = (f64::from(x), f64::from(y));
    let wave = |a: f64, b: f64, long: f64| ((x * a + y * b) / long).sin();
    let tone = 128.0 + 50.0 * wave(1.0, 0.3, 90.0) + 40.0 * wave(-0.4, 1.0, 70.0) + 20.0 * wave(0.7, 0.7, 14.0);
    tone as i32
}

#[test]
fn a_photograph_gets_dots_that_look_like_it_and_the_page_about_it_none() {
    let mut noise = noise(4);
    let image = sheet(|x, y, stroke| {
        let inside = (500..1900).contains(&x) && (1500..2500).contains(&y);
        let around = (400..2000).contains(&x) && (1400..2600).contains(&y);
        noise()
            + if inside {
                photograph(x, y)
            } else if stroke && !around {
                30
            } else {
                240
            }
    });
    let page = one_page(png(&image, 300.0), Kind::Picture, &Options::default());
    // By squares of 6 mm: as much ink as the photograph is dark, dots growing in print set aside.
    let pels = 1728.0 / 215.0 * 25.4 / 300.0;
    let rows = 7.7 * 25.4 / 300.0;
    let (mut sum, mut worst, mut count) = (0.0, 0.0f64, 0);
    for top in (1520..2430).step_by(70) {
        for left in (520..1830).step_by(70) {
            let columns = (20.0 + f64::from(left) * pels) as u16..(20.0 + f64::from(left + 70) * pels) as u16;
            let lines = (f64::from(top) * rows) as u32..(f64::from(top + 70) * rows) as u32;
            let black = ink(&page, columns.clone(), lines.clone()) as f64 / (columns.len() * lines.len()) as f64;
            let light =
                (0..70 * 70).map(|at| photograph(left + at % 70, top + at / 70)).sum::<i32>() as f64 / 4900.0 / 240.0;
            let expected = 1.0 - light.powf(1.0 / 1.15);
            sum += black - expected;
            worst = worst.max((black - expected).abs());
            count += 1;
        }
    }
    assert!((sum / f64::from(count)).abs() < 0.03 && worst < 0.12, "mean {}, worst {worst}", sum / f64::from(count));
    // Between photograph and print the paper is white, and the print is solid.
    assert_eq!(ink(&page, 700..1000, 910..960), 0);
    let strokes =
        one_page(png(&sheet(|_, _, stroke| if stroke { 0 } else { 255 }), 300.0), Kind::Picture, &Options::default());
    let (print, clean) = (ink(&page, 0..1728, 0..900), ink(&strokes, 0..1728, 0..900));
    assert!(print.abs_diff(clean) * 20 < clean, "{print} pels of print instead of {clean}");
}

#[test]
fn the_bars_of_a_code_keep_their_widths() {
    // Modules of 0.5 mm at 300 dpi, softened, on grey.
    let module = 6;
    let pattern = |at: u32| [1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1][(at % 20) as usize] == 1;
    let image = sheet(|x, y, _| {
        if !(300..2220).contains(&x) || !(300..900).contains(&y) {
            return 210;
        }
        let bar = |x: u32| i32::from(!pattern((x - 300) / module)) * 160;
        40 + (bar(x.max(301) - 1) + 2 * bar(x) + bar((x + 1).min(2219))) / 4
    });
    let page = one_page(png(&image, 300.0), Kind::Picture, &Options::default());
    let left = 20.0 + 300.0 * 1728.0 / 215.0 * 25.4 / 300.0;
    let step = f64::from(module) * 1728.0 / 215.0 * 25.4 / 300.0;
    for at in 1..319 {
        let middle = (left + (f64::from(at) + 0.5) * step) as u16;
        for row in [250, 300, 420, 560] {
            assert_eq!(page.is_black(middle, row), pattern(at), "bar {at} in row {row}");
        }
    }
}

#[test]
fn the_modules_of_a_code_stay_what_they_are() {
    // Modules of a millimetre at 150 dpi, softened, in clumps of any size, on tinted paper.
    let dark: Vec<bool> = numbers(5).map(|number| number >> 30 & 1 == 1).take(30 * 30).collect();
    let module = |x: u32, y: u32| {
        let inside = (60..240).contains(&x) && (60..240).contains(&y);
        inside && dark[((y - 60) / 6 * 30 + (x - 60) / 6) as usize]
    };
    let image = GrayImage::from_fn(300, 300, |x, y| {
        let about = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| module(x + right, y + down));
        let dark = about.into_iter().filter(|&dark| dark).count();
        Luma([(238 - dark * 53) as u8])
    });
    for resolution in [Resolution::Fine, Resolution::Standard] {
        let page = one_page(png(&image, 150.0), Kind::Picture, &at(resolution));
        let rows_per_mm = if resolution == Resolution::Fine { 7.7 } else { 3.85 };
        let place = |at: u32| (f64::from(at) + 0.5) * 6.0 + 59.5;
        let is_wrong = |&(at, dark): &(u32, &bool)| {
            let x = 864.0 + (place(at % 30) - 150.0) * 25.4 / 150.0 * 1728.0 / 215.0;
            let y = place(at / 30) * 25.4 / 150.0 * rows_per_mm;
            page.is_black(x as u16, y as u32) != *dark
        };
        let wrong = (0..).zip(&dark).filter(is_wrong).count();
        // Codes mend at least seven in a hundred.
        assert!(wrong * 100 < dark.len(), "{resolution:?}: {wrong} modules are wrong");
    }
}

/// The sheet of strokes, turned about its middle, as a scanner makes it.
fn scan_askew(degrees: f64) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    GrayImage::from_fn(2480, 3508, |x, y| {
        let (x, y) = (f64::from(x) - 1240.0, f64::from(y) - 1754.0);
        // Casts saturate.
        let (x, y) = ((x * cos + y * sin + 1240.0) as u32, (y * cos - x * sin + 1754.0) as u32);
        Luma([if is_stroke(x, y) { 40 } else { 235 }])
    })
}

/// White rows in the middle of the page.
fn gaps(page: &Bitmap) -> usize {
    let rows = page.rows();
    (rows / 4..rows * 3 / 4).filter(|&y| page.row(y).unwrap().iter().all(|&byte| byte == 0)).count()
}

#[test]
fn a_scan_that_lies_askew_is_laid_straight_and_nothing_is_lost() {
    for resolution in [Resolution::Fine, Resolution::Standard] {
        let straight = one_page(png(&scan_askew(0.0), 300.0), Kind::Picture, &at(resolution));
        for degrees in [2.0, -3.0] {
            let page = one_page(png(&scan_askew(degrees), 300.0), Kind::Picture, &at(resolution));
            assert!(gaps(&page) * 10 > gaps(&straight) * 7, "{degrees}: {} of {}", gaps(&page), gaps(&straight));
            let (black, expected) = (black_share(&page), black_share(&straight));
            assert!((black / expected - 1.0).abs() < 0.1, "{degrees}: {black} for {expected}");
        }
        let little = one_page(png(&scan_askew(0.4), 300.0), Kind::Picture, &at(resolution));
        assert!(gaps(&little) < gaps(&straight), "a little askew is left so");
    }
}

#[test]
fn a_scan_stays_askew_where_print_would_be_lost() {
    // Marks in corners that lie opposite: a turn moves both out of the sheet.
    let mut full = scan_askew(2.0);
    for (x, y) in [(0, 0), (2460, 3488)] {
        (0..400).for_each(|at| full.put_pixel(x + at % 20, y + at / 20, Luma([40])));
    }
    let page = one_page(png(&full, 300.0), Kind::Picture, &Options::default());
    let straight = one_page(png(&scan_askew(0.0), 300.0), Kind::Picture, &Options::default());
    assert!(gaps(&page) * 4 < gaps(&straight), "{} of {}", gaps(&page), gaps(&straight));
}
