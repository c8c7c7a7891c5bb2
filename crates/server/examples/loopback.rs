//! Prints the table of numbers for `docs/loopback.md`.

fn main() {
    print!("{}", ferrofax_server::docs::loopback_table());
}
