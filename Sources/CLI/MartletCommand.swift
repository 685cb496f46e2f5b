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
        martlet devices                                  what this machine offers
        martlet train mnist-cnn --save cnn.martlet       train a convolutional network on MNIST
        martlet evaluate cnn.martlet                     how good it is on the test set
        martlet predict cnn.martlet 7 digit.png          what it sees in a test image and in a picture

      Exit codes: 0 done; 1 something failed (the message says what); 64 the command was not understood;
      130 stopped by Ctrl-C; 141 nobody read the results any more (as after '| head').
      """,
    version: "0.1.0",
    subcommands: [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, GenerateCommand.self, SummaryCommand.self,
      ConvertCommand.self, DoctorCommand.self, DevicesCommand.self, RunsCommand.self, PlotCommand.self,
      ReportCommand.self, ExplainCommand.self, CheckCommand.self, BenchCommand.self, TuneCommand.self,
    ])

  static func main() async {
    Output.prepare()
    await main(nil)
  }
}
