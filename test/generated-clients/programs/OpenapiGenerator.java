import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AgentsApi;
import org.openapitools.client.api.DiscoveryApi;
import org.openapitools.client.model.Agent;
import org.openapitools.client.model.AgentEvent;
import org.openapitools.client.model.HeartbeatReport;
import org.openapitools.client.model.Registration;

public class OpenapiGenerator {
  public static void main(String[] args) throws ApiException {
    String agentId = args[1];
    ApiClient client = new ApiClient();
    client.updateBaseUri(args[0]);
    AgentsApi agents = new AgentsApi(client);
    DiscoveryApi discovery = new DiscoveryApi(client);
    Map<String, Object> metadata = Map.of("region", "eu-1", "gpu", Map.of("count", 2));

    Registration registration =
        new Registration()
            .agentId(agentId)
            .agentName("Researcher")
            .host("10.0.0.7")
            .port(8000)
            .metadata(metadata);
    expect(metadata, agents.registerAgent(registration).getMetadata());
    System.out.println("register");

    HeartbeatReport report = new HeartbeatReport();
    report.status(HeartbeatReport.StatusEnum.BUSY).load(0.5);
    agents.heartbeat(agentId, report);
    agents.heartbeat(agentId, null);
    System.out.println("heartbeat");

    List<Agent> found = inRegion(discovery, "eu-1");
    expect(1, found.size());
    expect(agentId, found.get(0).getAgentId());
    expect(0, inRegion(discovery, "us-1").size());
    List<Agent> all =
        discovery.listAgents(null, null, null, null, null, null, null, null, null, null);
    // Two others exist, without metadata and with a string.
    expect(
        Arrays.asList(null, metadata, "{\"a\":1}"),
        all.stream().map(Agent::getMetadata).collect(Collectors.toList()));
    System.out.println("list");

    Agent agent = agents.getAgent(agentId, null);
    expect(metadata, agent.getMetadata());
    expect(Agent.StatusEnum.BUSY, agent.getStatus());
    expect(0.5, agent.getLoad());
    System.out.println("get");

    List<AgentEvent> events =
        discovery.listEvents(
            null, null, null, List.of("region:eu-1"), null, null, null, 10, null, null, null);
    expect(2, events.size());
    expect(AgentEvent.TypeEnum.REGISTERED, events.get(0).getType());
    expect(metadata, events.get(0).getAgent().getMetadata());
    System.out.println("events page");

    agents.deregisterAgent(agentId);
    try {
      agents.getAgent(agentId, null);
      throw new AssertionError("the agent is still there");
    } catch (ApiException error) {
      expect(404, error.getCode());
    }
    System.out.println("delete");
    System.out.println("ok");
  }

  private static List<Agent> inRegion(DiscoveryApi discovery, String region) throws ApiException {
    List<String> metadata = List.of("region:" + region);
    return discovery.listAgents(null, null, null, metadata, null, null, null, null, null, null);
  }

  private static void expect(Object expected, Object actual) {
    if (!expected.equals(actual)) throw new AssertionError(actual + " is not " + expected);
  }
}
