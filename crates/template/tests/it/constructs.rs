use crate::plain;
#[test]
fn hello() {
    assert_eq!(plain("${name} ${n}<#if yes> y</#if>").unwrap(), "Müller & Söhne 1,234 y");
}
