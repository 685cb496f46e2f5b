import ArgumentParser
import Martlet

/// The command `martlet`.
@main
struct MartletCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "martlet",
    abstract: "Deep learning in Swift: train, evaluate and use networks on the processor or any OpenCL device.",
    discussion: """
      Start with
        martlet devices                       what this machine offers
        martlet train mnist-cnn --run first   train a network on MNIST, and keep it
        martlet evaluate first                how good it is on the test set
        martlet predict first 7 digit.png     what it sees in a test image, a file
        martlet report first                  the run as a page

      Wherever a network is named, that can be a stored run, an archive or weights.

      Exit codes
        0    done
        1    something failed; the message says what, where and what to do
        64   the command was not understood
        130  stopped by Ctrl-C; what was learned is saved
        141  nobody read the results any more (as after '| head')

      Completions for the tab key: martlet --generate-completion-script bash
      (or zsh, fish); Docs/CLI.md says where to put them.
      """,
    version: "0.1.0",
    subcommands: [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, GenerateCommand.self, SummaryCommand.self,
      ConvertCommand.self, DoctorCommand.self, DevicesCommand.self, RunsCommand.self, PlotCommand.self,
      ReportCommand.self, ExplainCommand.self, CheckCommand.self, BenchCommand.self, TuneCommand.self,
    ])

  static func main() async {
    Output.prepare()
    var words = CommandWords(Array(CommandLine.arguments.dropFirst()))
    do {
      try words.prepare()
    } catch {
      exit(withError: error)
    }
    await main(words.words)
  }
}
