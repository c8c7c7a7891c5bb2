//! Prints `docs/outcomes.md`.

fn main() {
    print!("{}", ferrofax_server::jobs::outcomes_page());
}
