package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	"example.com/fleet/client"
)

func main() {
	url, agentID := os.Args[1], os.Args[2]
	ctx := context.Background()
	api, err := client.NewClient(url)
	check(err)
	// As encoding/json decodes it: numbers are float64.
	metadata := map[string]any{"region": "eu-1", "gpu": map[string]any{"count": 2.0}}
	encoded, err := json.Marshal(metadata)
	check(err)

	registered, err := api.RegisterAgent(ctx, &client.Registration{
		AgentID:   agentID,
		AgentName: "Researcher",
		Host:      "10.0.0.7",
		Port:      8000,
		Metadata:  encoded,
	})
	check(err)
	expect(decoded(as[*client.RegisteredAgent](registered).Metadata), metadata)
	fmt.Println("register")

	report := client.HeartbeatReport{
		Status: client.NewOptHeartbeatReportStatus(client.HeartbeatReportStatusBusy),
		Load:   client.NewOptFloat64(0.5),
	}
	beat, err := api.Heartbeat(ctx, client.NewOptHeartbeatReport(report), client.HeartbeatParams{AgentID: agentID})
	check(err)
	as[*client.HeartbeatReceipt](beat)
	beat, err = api.Heartbeat(ctx, client.OptHeartbeatReport{}, client.HeartbeatParams{AgentID: agentID})
	check(err)
	as[*client.HeartbeatReceipt](beat)
	fmt.Println("heartbeat")

	inRegion := func(region string) []client.Agent {
		agents, err := api.ListAgents(ctx, client.ListAgentsParams{Metadata: []string{"region:" + region}})
		check(err)
		return as[*client.ListAgentsOKHeaders](agents).Response
	}
	expect(len(inRegion("eu-1")), 1)
	expect(inRegion("eu-1")[0].AgentID, agentID)
	expect(len(inRegion("us-1")), 0)
	listed, err := api.ListAgents(ctx, client.ListAgentsParams{})
	check(err)
	all := as[*client.ListAgentsOKHeaders](listed).Response
	// Two others exist, without metadata and with a string.
	expect(all[0].Metadata.String(), "null")
	expect(decoded(all[1].Metadata), metadata)
	expect(all[2].Metadata.String(), `"{\"a\":1}"`)
	fmt.Println("list")

	got, err := api.GetAgent(ctx, client.GetAgentParams{AgentID: agentID})
	check(err)
	agent := as[*client.AgentHeaders](got).Response
	expect(decoded(agent.Metadata), metadata)
	expect(string(agent.Status), "busy")
	expect(agent.Load.Value, 0.5)
	fmt.Println("get")

	page, err := api.ListEvents(ctx, client.ListEventsParams{
		Metadata: []string{"region:eu-1"},
		Limit:    client.NewOptInt(10),
	})
	check(err)
	events := as[*client.ListEventsOKApplicationJSONHeaders](page).Response
	expect(len(events), 2)
	expect(string(events[0].Type), "registered")
	expect(decoded(events[0].Agent.Metadata), metadata)
	fmt.Println("events page")

	deleted, err := api.DeregisterAgent(ctx, client.DeregisterAgentParams{AgentID: agentID})
	check(err)
	as[*client.DeletedAgent](deleted)
	gone, err := api.GetAgent(ctx, client.GetAgentParams{AgentID: agentID})
	check(err)
	as[*client.GetAgentNotFound](gone)
	fmt.Println("delete")
	fmt.Println("ok")
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func decoded(raw []byte) map[string]any {
	var value map[string]any
	check(json.Unmarshal(raw, &value))
	return value
}

func as[T any](answer any) T {
	expected, ok := answer.(T)
	if !ok {
		panic(fmt.Sprintf("%T %v", answer, answer))
	}
	return expected
}

func expect[T any](actual, expected T) {
	if !reflect.DeepEqual(actual, expected) {
		panic(fmt.Sprintf("%v is not %v", actual, expected))
	}
}
