//! The number to dial for the number as written: `00` and digits, as reports show it in `sentToNumber`.
//!
//! `+` and `00` begin an international number. Digits alone are a national number where they begin with the country's trunk
//! prefix (a single 0 nearly everywhere), else an international one that lacks its `00`. In North America, where no 0 is
//! dialled, ten digits are a national number and 011 begins an international one.
//!
//! This is no numbering plan: which numbers exist, and how long they are, is for a phone number library in its own issue.
//! Calling codes: ITU-T E.164 (list of assigned country codes); the prefixes: ITU-T E.164 (national dialling procedures).

/// The number to dial, or why there is none. `country` is where national numbers are at home (ISO 3166-1 alpha-2).
pub fn dial(number: &str, country: Option<&str>) -> Result<String, &'static str> {
    // `+49 (0)89`: the bracket shows how to dial at home.
    let compact: String = number.chars().filter(|character| !character.is_whitespace()).collect();
    let abroad = international(&compact.replace("(0)", ""));
    let digits = digits(&compact);
    let code = country.and_then(calling_code);
    let national = |code: Option<&str>, number: &str| {
        code.map(|code| format!("00{code}{number}")).ok_or("is a national number, and the account has no country")
    };
    match abroad {
        // Where the 0 belongs to the number, it is dialled from abroad as well.
        Some(rest) if KEEPS_ZERO.iter().any(|code| rest.starts_with(code)) => {
            checked(international(&compact).unwrap_or(rest))
        }
        Some(rest) => checked(rest),
        None if code == Some("1") && digits.starts_with("011") => checked(digits[3..].to_owned()),
        None if code == Some("1") && digits.len() == 10 && !digits.starts_with(['0', '1']) => national(code, &digits),
        None if code.is_some_and(|code| KEEPS_ZERO.contains(&code)) && digits.starts_with('0') => {
            national(code, &digits)
        }
        // In Hungary the trunk prefix has two digits.
        None if code == Some("36") && digits.starts_with("06") => national(code, &digits[2..]),
        None => match digits.strip_prefix('0') {
            Some(rest) => national(code, rest),
            None => checked(digits),
        },
    }
}

/// Countries whose national numbers keep their first 0 when dialled from abroad: Italy with the Vatican, San Marino, Ivory
/// Coast, Congo, Benin.
const KEEPS_ZERO: [&str; 5] = ["39", "378", "225", "242", "229"];

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The digits after the `+` or `00` of an international number.
fn international(compact: &str) -> Option<String> {
    let digits = digits(compact);
    if compact.contains('+') { Some(digits) } else { digits.strip_prefix("00").map(str::to_owned) }
}

fn checked(international: String) -> Result<String, &'static str> {
    match international.as_bytes().first() {
        None => Err("has no digits after the international prefix"),
        Some(b'0') => Err("is no international number: no country code begins with 0"),
        Some(_) => Ok(format!("00{international}")),
    }
}

/// The E.164 country code of a country.
fn calling_code(country: &str) -> Option<&'static str> {
    let mut entries = CALLING_CODES.split_ascii_whitespace();
    entries.find_map(|entry| {
        let (name, code) = entry.split_at(2);
        name.eq_ignore_ascii_case(country).then_some(code)
    })
}

/// Country and code in one word.
const CALLING_CODES: &str = "
    AC247 AD376 AE971 AF93 AG1 AI1 AL355 AM374 AO244 AR54 AS1 AT43 AU61 AW297 AX358 AZ994 BA387 BB1 BD880 BE32 BF226 BG359
    BH973 BI257 BJ229 BL590 BM1 BN673 BO591 BQ599 BR55 BS1 BT975 BW267 BY375 BZ501 CA1 CC61 CD243 CF236 CG242 CH41 CI225
    CK682 CL56 CM237 CN86 CO57 CR506 CU53 CV238 CW599 CX61 CY357 CZ420 DE49 DJ253 DK45 DM1 DO1 DZ213 EC593 EE372 EG20 EH212
    ER291 ES34 ET251 FI358 FJ679 FK500 FM691 FO298 FR33 GA241 GB44 GD1 GE995 GF594 GG44 GH233 GI350 GL299 GM220 GN224 GP590
    GQ240 GR30 GT502 GU1 GW245 GY592 HK852 HN504 HR385 HT509 HU36 ID62 IE353 IL972 IM44 IN91 IO246 IQ964 IR98 IS354 IT39
    JE44 JM1 JO962 JP81 KE254 KG996 KH855 KI686 KM269 KN1 KP850 KR82 KW965 KY1 KZ7 LA856 LB961 LC1 LI423 LK94 LR231 LS266
    LT370 LU352 LV371 LY218 MA212 MC377 MD373 ME382 MF590 MG261 MH692 MK389 ML223 MM95 MN976 MO853 MP1 MQ596 MR222 MS1
    MT356 MU230 MV960 MW265 MX52 MY60 MZ258 NA264 NC687 NE227 NF672 NG234 NI505 NL31 NO47 NP977 NR674 NU683 NZ64 OM968
    PA507 PE51 PF689 PG675 PH63 PK92 PL48 PM508 PR1 PS970 PT351 PW680 PY595 QA974 RE262 RO40 RS381 RU7 RW250 SA966 SB677
    SC248 SD249 SE46 SG65 SH290 SI386 SJ47 SK421 SL232 SM378 SN221 SO252 SR597 SS211 ST239 SV503 SX1 SY963 SZ268 TA290 TC1
    TD235 TG228 TH66 TJ992 TK690 TL670 TM993 TN216 TO676 TR90 TT1 TV688 TW886 TZ255 UA380 UG256 US1 UY598 UZ998 VA39 VC1
    VE58 VG1 VI1 VN84 VU678 WF681 WS685 XK383 YE967 YT262 ZA27 ZM260 ZW263";
