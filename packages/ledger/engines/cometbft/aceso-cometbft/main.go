// CometBFT as it is, but for its ABCI socket client. The stock one hands a flush throttle of 20 ms to a timer as 20 ns
// (abci/client/socket_client.go, flushThrottleMS), and the timer spins on a core that the application could use. And
// the mempool asks it after each block about every transaction that is left, however many times it was asked before.
package main

import (
	"context"
	"os"
	"reflect"
	"runtime/debug"
	"time"

	abcicli "github.com/cometbft/cometbft/abci/client"
	abci "github.com/cometbft/cometbft/abci/types"
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

// How often the mempool is really rechecked: the application leaves out of proposals what a block made unfit.
const recheckEvery = 5 * time.Second

type client struct {
	abcicli.Client
	callback abcicli.Callback
	accepted *abci.Response
	// The mempool's lock guards these: it holds it from the first recheck after a block to the flush after the last.
	isRound, isAsked bool
	askedAt          time.Time
}

func (c *client) SetResponseCallback(callback abcicli.Callback) {
	c.callback = callback
	c.Client.SetResponseCallback(callback)
}

func (c *client) CheckTxAsync(ctx context.Context, req *abci.RequestCheckTx) (*abcicli.ReqRes, error) {
	if req.Type != abci.CheckTxType_Recheck {
		return c.Client.CheckTxAsync(ctx, req)
	}
	if !c.isRound {
		c.isRound, c.isAsked = true, time.Since(c.askedAt) >= recheckEvery
		if c.isAsked {
			c.askedAt = time.Now()
		}
	}
	if c.isAsked {
		return c.Client.CheckTxAsync(ctx, req)
	}
	answered := abcicli.NewReqRes(abci.ToRequestCheckTx(req))
	answered.Response = c.accepted
	c.callback(answered.Request, c.accepted)
	return answered, nil
}

func (c *client) Flush(ctx context.Context) error {
	c.isRound = false
	return c.Client.Flush(ctx)
}

type creator string

func (address creator) NewABCIClient() (abcicli.Client, error) {
	socket := abcicli.NewSocketClient(string(address), false)
	// The field is not exported; go.mod pins the version that has it, and without it this panics at the start.
	field := (**timer.ThrottleTimer)(reflect.ValueOf(socket).Elem().FieldByName("flushTimer").Addr().UnsafePointer())
	(*field).Stop()
	*field = timer.NewThrottleTimer("socketClient", flushThrottle)
	return &client{Client: socket, accepted: abci.ToResponseCheckTx(&abci.ResponseCheckTx{})}, nil
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
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // Some 30 MB are alive: four times that is cheaper than collecting all the time.
	}
	cmd.RootCmd.AddCommand(cmd.VersionCmd, cmd.NewRunNodeCmd(newNode))
	if cli.PrepareBaseCmd(cmd.RootCmd, "CMT", cfg.DefaultTendermintDir).Execute() != nil {
		os.Exit(1)
	}
}
