// CometBFT as it is, but for its ABCI socket client. The stock one hands a flush throttle of 20 ms to a timer as 20 ns
// (abci/client/socket_client.go, flushThrottleMS), and the timer spins on a core that the application could use.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"time"

	abcicli "github.com/cometbft/cometbft/abci/client"
	cmd "github.com/cometbft/cometbft/cmd/cometbft/commands"
	cfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/cli"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/libs/timer"
	nm "github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
)

// How long a CheckTx waits for others to be sent with it; everything else is sent at once.
const flushThrottle = 2 * time.Millisecond

type creator string

func (address creator) NewABCIClient() (abcicli.Client, error) {
	socket := abcicli.NewSocketClient(string(address), false)
	// The field is not exported; go.mod pins the version that has it, and without it this panics at the start.
	field := (**timer.ThrottleTimer)(reflect.ValueOf(socket).Elem().FieldByName("flushTimer").Addr().UnsafePointer())
	(*field).Stop()
	*field = timer.NewThrottleTimer("socketClient", flushThrottle)
	return socket, nil
}

func newNode(config *cfg.Config, logger log.Logger) (*nm.Node, error) {
	key, err := p2p.LoadNodeKey(config.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	validator := privval.LoadFilePV(config.PrivValidatorKeyFile(), config.PrivValidatorStateFile())
	return nm.NewNode(config, validator, key, creator(config.ProxyApp), nm.DefaultGenesisDocProviderFunc(config),
		cfg.DefaultDBProvider, nm.DefaultMetricsProvider(config.Instrumentation), logger)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "verify" {
		// Beside a node (packages/ledger/verdicts); it ends with its input, when the node is gone.
		signal.Ignore(os.Interrupt)
		if err := verifyBatches(bufio.NewReaderSize(os.Stdin, 1<<18), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "aceso-cometbft verify:", err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // Some 30 MB are alive: four times that is cheaper than collecting all the time.
	}
	cmd.RootCmd.AddCommand(cmd.VersionCmd, cmd.NewRunNodeCmd(newNode))
	if cli.PrepareBaseCmd(cmd.RootCmd, "CMT", cfg.DefaultTendermintDir).Execute() != nil {
		os.Exit(1)
	}
}
