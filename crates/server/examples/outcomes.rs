//! Prints `docs/outcomes.md`.

fn main() {
    print!("{}", ferrofax_server::docs::outcomes_page());
}
