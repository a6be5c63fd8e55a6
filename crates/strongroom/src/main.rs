//! The program `strongroom`.

fn main() -> std::process::ExitCode {
    strongroom::run()
}
