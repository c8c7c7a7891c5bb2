//! Our sender and our receiver, whole calls.

use super::kit::*;

#[test]
fn one_page_with_error_correction() {
    let pages = vec![letter(1)];
    let call = call(sender(pages.clone()), receiver());
    println!("{}\n{}", story(&call.caller), story(&call.answerer));
    call.assert_arrived(&pages);
}
